#include <boost/asio/this_coro.hpp>

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
  common_options common;
  chat_arguments ask;
  bool no_stream = false;
};

asio::awaitable<int> whole(client& c, chat ask, printer out) {
  const auto& clock = time_of(co_await asio::this_coro::executor);
  const auto begin = clock.now();
  const auto answer = co_await c.chat(std::move(ask));
  out.on_completion(answer, clock.now() - begin);
  co_return code_of(answer.outcome, answer.failure);
}

} // namespace

void add_chat(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("chat", "Ask a model and print the answer as it comes");
  auto args = std::make_shared<arguments>();
  args->ask.add_to(*command);
  command->add_flag("--no-stream", args->no_stream, "Wait for the whole answer");
  args->common.add_to(*command);
  command->callback([args, &code] {
    auto ask = args->ask.make();
    const printer out(args->common.json, args->common.verbose, args->common.quiet);
    code = run_session(args->common, [&](client& c) {
      return args->no_stream ? whole(c, std::move(ask), out) : show(c.stream(std::move(ask)), out);
    });
  });
}

} // namespace weir::cli
