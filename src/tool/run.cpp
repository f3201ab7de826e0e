#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include <weir/client/client.hpp>

#include "tool/commands.hpp"
#include "tool/help.hpp"
#include "tool/requests.hpp"
#include "tool/session.hpp"

namespace weir::cli {

namespace asio = boost::asio;

namespace {

class arguments {
public:
  arguments() = default;
  std::string task;
  common_options common;
  task_arguments ask;
  std::string output;
  bool no_stream = false;
};

void write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  if (!out.flush())
    throw error(errc::invalid_argument, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

// The generation as a completion; with a path its text goes there instead.
asio::awaitable<completion> generate(asio::awaitable<generation> call, std::string path) {
  auto made = co_await std::move(call);
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

} // namespace

void add_run(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("run", "Run a task: text-generation");
  auto args = std::make_shared<arguments>();
  command->add_option("TASK", args->task, "text-generation")->required()->check([](const std::string& task) {
    return task == "text-generation" ? "" : fmt::format("'{}' is no task, there is text-generation", task);
  });
  args->ask.add_to(*command);
  command->add_option("-o,--output", args->output, "Write the result to this file; waits for the whole of it")
      ->type_name("FILE")
      ->group("Request");
  command->add_flag("--no-stream", args->no_stream, "Wait for the whole result")->group("Request");
  args->common.add_to(*command);
  command->callback([args, &code] {
    const printer out(args->common.json, args->common.verbose, args->common.quiet);
    code = run_session(args->common, [&](client& c, const last_call& last) {
      auto ask = args->ask.make_generation();
      const bool whole = args->no_stream || !args->output.empty();
      return whole ? show_whole(generate(c.text_generation(std::move(ask)), args->output), last, out)
                   : show(c.stream(std::move(ask)), last, out);
    });
  });
}

} // namespace weir::cli
