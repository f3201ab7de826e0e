#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include <weir/client/client.hpp>

#include "tool/commands.hpp"
#include "tool/generation_json.hpp"
#include "tool/help.hpp"
#include "tool/requests.hpp"
#include "tool/results.hpp"
#include "tool/session.hpp"
#include "tool/task_arguments.hpp"

namespace weir::cli {

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

void write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  if (!out.flush())
    throw error(errc::invalid_argument, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

// The generation as a completion; with a path its text goes there instead.
asio::awaitable<completion> generate(asio::awaitable<generation> call, std::string path, bool json) {
  auto made = co_await std::move(call);
  if (const auto more = details_object(made); json && !more.empty())
    fmt::print("{}\n", codec::to_text(more));
  completion shown;
  if (path.empty())
    shown.choices.front().text = made.text();
  else
    write_file(path, made.text());
  shown.choices.front().finish_reason = made.sequence.finish_reason;
  shown.outcome = made.outcome;
  shown.usage = made.usage;
  shown.failure = made.failure;
  co_return shown;
}

// A result that is text goes to the file here; files of media are the client's.
void print(const std::any& result, const arguments& args, bool files) {
  if (files || args.output.empty()) {
    print_result(result, stdout);
    return;
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(args.output.c_str(), "wb"), &std::fclose);
  if (!out)
    throw error(errc::invalid_argument, fmt::format("cannot write {}: {}", args.output, std::strerror(errno)));
  print_result(result, out.get());
}

asio::awaitable<int> show_task(asio::awaitable<reply> beginning, const last_call& last, printer out,
                               std::shared_ptr<const arguments> args, task_kind what) {
  std::optional<reply> answer;
  std::exception_ptr failed;
  try {
    answer.emplace(co_await std::move(beginning));
    while (auto event = co_await answer->next())
      out.on_event(*event);
    out.end_progress();
    const bool files = gives_files(what) || what == task_kind::image_segmentation;
    if (args->common.json)
      out.on_result(name(what), to_json(answer->result()));
    else
      print(answer->result(), *args, files);
  } catch (...) {
    failed = std::current_exception();
  }
  out.end_progress();
  if (answer)
    answer->cancel();
  if (!failed) {
    out.on_end(last.record());
    co_return 0;
  }
  out.on_failure(last.record());
  co_return report(failed);
}

task_request request_of(const arguments& args, task_kind what) {
  auto ask = args.ask.make_task(what);
  const bool files = gives_files(what);
  if (files && args.output.empty() && !args.common.json && !args.keep_urls && ::isatty(STDOUT_FILENO) == 1)
    throw error(errc::invalid_argument,
                fmt::format("{} gives a file: name it with -o FILE, or send the output on", name(what)));
  if (files || what == task_kind::image_segmentation)
    ask.set_save_to(args.output);
  ask.set_keep_urls(args.keep_urls);
  ask.set_keep_raw(args.raw);
  return ask;
}

} // namespace

void add_run(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("run", "Run a task: text-to-image, summarization, feature-extraction, …");
  auto args = std::make_shared<arguments>();
  command->add_option("TASK", args->task, "A task as the Hugging Face Hub names it; --help lists them")->required();
  args->ask.add_to(*command);
  command->add_option("-o,--output", args->output, "Write the result to this file, which appears when it is whole")
      ->type_name("FILE")
      ->group("Request");
  command->add_flag("--keep-urls", args->keep_urls, "Print the URL of a result instead of fetching it")->group("Request");
  command->add_flag("--no-stream", args->no_stream, "Wait for the whole result (text-generation)")->group("Request");
  args->common.add_to(*command);
  add_raw(*command, args->raw);
  command->footer(wrapped("Tasks: " + task_names() + ".") + "\n\nExamples:\n"
                  "  weir run text-to-image -m black-forest-labs/FLUX.1-dev --input 'A weir at dawn' -o weir.png\n"
                  "  weir run automatic-speech-recognition -m openai/whisper-large-v3 --input @talk.mp3\n"
                  "  weir run zero-shot-classification -m facebook/bart-large-mnli --input 'I want my money back' \\\n"
                  "    --param candidate_labels=refund --param candidate_labels=praise");
  command->callback([args, &code] {
    const printer out(args->common.json, args->common.verbose, args->common.quiet);
    code = run_session(args->common, [&](client& c, const last_call& last) {
      const auto what = task_of(args->task);
      if (what != task_kind::text_generation)
        return show_task(c.submit_any(request_of(*args, what)), last, out, args, what);
      auto ask = args->ask.make_generation();
      ask.keep_raw(args->raw);
      const bool whole = args->no_stream || !args->output.empty();
      return whole ? show_whole(generate(c.text_generation(std::move(ask)), args->output, args->common.json), last, out)
                   : show(c.stream(std::move(ask)), last, out);
    });
  });
}

} // namespace weir::cli
