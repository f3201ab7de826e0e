#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include <weir/client/client.hpp>

#include "tool/commands.hpp"
#include "tool/exit_code.hpp"
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
    throw error(errc::invalid_argument, fmt::format("cannot write {}", path));
}

asio::awaitable<int> whole(client& c, text_generation ask, printer out, std::string path) {
  const auto& clock = time_of(co_await asio::this_coro::executor);
  const auto begin = clock.now();
  const auto made = co_await c.text_generation(std::move(ask));
  completion shown;
  if (path.empty())
    shown.choices.front().text = made.text();
  else
    write_file(path, made.text());
  shown.choices.front().finish_reason = made.sequence.finish_reason;
  shown.outcome = made.outcome;
  shown.usage = made.usage;
  shown.failure = made.failure;
  out.on_completion(shown, clock.now() - begin);
  co_return code_of(made.outcome, made.failure);
}

} // namespace

void add_run(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("run", "Run a task: text-generation");
  auto args = std::make_shared<arguments>();
  command->add_option("TASK", args->task, "The task")->required()->check(CLI::IsMember({"text-generation"}));
  args->ask.add_to(*command);
  command->add_option("-o,--output", args->output, "Write the result to this file (waits for the whole result)");
  command->add_flag("--no-stream", args->no_stream, "Wait for the whole result");
  args->common.add_to(*command);
  command->callback([args, &code] {
    auto ask = args->ask.make_generation();
    const printer out(args->common.json, args->common.verbose, args->common.quiet);
    code = run_session(args->common, [&](client& c) {
      return args->no_stream || !args->output.empty() ? whole(c, std::move(ask), out, args->output)
                                                      : show(c.stream(std::move(ask)), out);
    });
  });
}

} // namespace weir::cli
