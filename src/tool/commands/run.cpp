// weir run: one task, its progress, and where its result goes.

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include <weir/client/client.hpp>

#include "batch/output/generation_json.hpp"
#include "batch/output/result_json.hpp"
#include "client/call/http_operation.hpp"
#include "client/files/sink.hpp"
#include "core/failure/failure_of.hpp"
#include "policy/observe/observe.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/parameters.hpp"
#include "tool/arguments/requests.hpp"
#include "tool/arguments/task_arguments.hpp"
#include "tool/commands/commands.hpp"
#include "tool/output/output.hpp"
#include "tool/output/results.hpp"
#include "tool/session.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

class arguments {
public:
  arguments() = default;
  std::string task;
  common_options common;
  task_arguments ask;
  std::string output, largest;
  bool no_stream = false;
  bool keep_urls = false;
  bool raw = false;
};

// Whether `-o` names the file that stdout is, such as /dev/stdout.
bool is_stdout(const std::string& path) {
  struct stat named{}, ours{};
  return path == "-" || (::stat(path.c_str(), &named) == 0 && ::fstat(STDOUT_FILENO, &ours) == 0 &&
                         named.st_dev == ours.st_dev && named.st_ino == ours.st_ino);
}

// Why nothing can be saved there; null if it can. Checked before this process opens anything: /dev/fd/7 is then
// the parent's file, not one of our sockets.
std::exception_ptr problem_with(const std::string& output) {
  try {
    (void)destination(output);
  } catch (const error&) {
    return std::current_exception();
  }
  return {};
}

// The file for a text result; null for stdout. The client itself writes media files.
std::shared_ptr<sink> file_for(const arguments& args) {
  return args.output.empty() ? nullptr : std::shared_ptr<sink>(destination(args.output).begin(0));
}

// Why it could not be saved; null if it was. The result has been paid for, so the caller then prints it.
asio::awaitable<std::exception_ptr> save(std::shared_ptr<sink> file, std::string text) {
  media saved;
  std::exception_ptr failed;
  try {
    file->write(text);
    co_await file->commit(saved);
  } catch (...) {
    failed = std::current_exception();
  }
  co_return failed;
}

// The generation as a completion; with a file, its text goes there instead.
asio::awaitable<completion> generate(asio::awaitable<generation> call, std::shared_ptr<sink> file, bool json) {
  auto made = co_await std::move(call);
  if (const auto more = details_object(made); json && !more.empty())
    print(stdout, "{}\n", codec::to_text(more));
  completion shown;
  shown.choices.front().finish_reason = made.sequence.finish_reason;
  shown.outcome = made.outcome;
  shown.usage = made.usage;
  shown.failure = made.failure;
  const bool saves = file && !made.failure;
  if (saves) {
    const auto failed = co_await save(std::move(file), made.text());
    if (!failed)
      co_return shown;
    shown.failure = failure_of(failed);
    shown.outcome = outcome_of(shown.failure);
  }
  shown.choices.front().text = made.text();
  co_return shown;
}

asio::awaitable<int> show_task(asio::awaitable<reply> beginning, const last_call& last, printer out,
                               std::shared_ptr<sink> file, task_kind what, bool json) {
  std::optional<reply> answer;
  std::exception_ptr failed;
  out.use(last.status());
  try {
    answer.emplace(co_await std::move(beginning));
    while (auto event = co_await answer->next())
      out.on_event(*event, last.elapsed());
    out.end_progress();
    if (json)
      out.on_result(name_of(what), result_json(answer->result()));
    if (file) {
      std::string text;
      print_result(answer->result(), [&text](std::string_view piece) { text += piece; });
      failed = co_await save(std::move(file), text);
      if (failed && !json)
        put(stdout, text);
    } else if (!json) {
      print_result(answer->result(), [](std::string_view text) { put(stdout, text); });
    }
  } catch (const output_error&) {
    throw;
  } catch (...) {
    failed = std::current_exception();
  }
  out.end_progress();
  if (answer)
    answer->cancel();
  if (!failed) {
    out.use_cost(last.cost());
    out.on_end(last.record());
    co_return 0;
  }
  out.on_failure(last.record());
  co_return report(failed);
}

asio::awaitable<int> run_task(client& c, const last_call& last, printer out, const arguments& args, task_kind what) {
  const bool json = args.common.json;
  auto ask = args.ask.make_task(what);
  const bool files = gives_files(what);
  if (files && args.output.empty() && !json && !args.keep_urls && ::isatty(STDOUT_FILENO) == 1)
    throw error(errc::invalid_argument,
                fmt::format("{} produces a file: name it with -o FILE, or redirect stdout", name_of(what)));
  const bool saves = files || what == task_kind::image_segmentation;
  if (saves)
    ask.set_save_to(args.output);
  ask.set_keep_urls(args.keep_urls);
  ask.set_keep_raw(args.raw);
  ask.set_options(args.common.for_each_call());
  args.common.cache.check(*make_task_operation(ask));
  auto file = saves ? nullptr : file_for(args);
  return show_task(c.submit_any(std::move(ask)), last, out, std::move(file), what, json);
}

} // namespace

void add_run(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("run", "Run a task: text-to-image, summarization, feature-extraction, …");
  auto args = std::make_shared<arguments>();
  command->add_option("TASK", args->task, "A task as the Hugging Face Hub names it; --help lists them")->required();
  args->ask.add_to(*command);
  never_empty(command->add_option("-o,--output", args->output,
                                  "Write the result to this file, which appears once complete; - for stdout"))
      ->type_name("FILE")
      ->group("Request");
  command->add_flag("--keep-urls", args->keep_urls, "Print the URL of a result instead of fetching it")
      ->group("Request");
  command->add_flag("--no-stream", args->no_stream, "Wait for the complete result (text-generation)")->group("Request");
  args->common.add_to(*command);
  args->common.add_cost_to(*command);
  args->common.cache.add_to(*command);
  add_raw(*command, args->raw);
  command->footer([args] {
    if (!args->task.empty())
      return parameter_help(task_of(args->task));
    return wrapped("Tasks: " + task_names() + ".") +
           "\n\nweir run TASK --help lists the task's parameters.\n\nExamples:\n"
           "  weir run text-to-image -m black-forest-labs/FLUX.1-dev --input 'A weir at dawn' -o weir.png\n"
           "  weir run automatic-speech-recognition -m openai/whisper-large-v3 --input @talk.mp3\n"
           "  weir run zero-shot-classification -m facebook/bart-large-mnli --input 'I want my money back' \\\n"
           "    --param candidate_labels=refund --param candidate_labels=praise";
  });
  command->callback([args, &code] {
    const printer out(args->common.json, args->common.verbose, args->common.quiet);
    if (is_stdout(args->output))
      args->output.clear();
    const auto problem = problem_with(args->output);
    code = run_session(args->common, [&](client& c, const last_call& last) {
      const auto what = task_of(args->task);
      if (problem)
        std::rethrow_exception(problem);
      if (what != task_kind::text_generation)
        return run_task(c, last, out, *args, what);
      auto ask = args->ask.make_generation();
      ask.keep_raw(args->raw).options(args->common.for_each_call());
      auto file = file_for(*args);
      const bool whole = args->no_stream || file;
      return whole ? show_whole(generate(c.run(std::move(ask)), std::move(file), args->common.json), last, out)
                   : show(c.stream(std::move(ask)), last, out);
    });
  });
}

} // namespace weir::inline v0::cli
