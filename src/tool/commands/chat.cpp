// weir chat: one chat, streamed or not.

#include <weir/client/client.hpp>

#include "tool/arguments/requests.hpp"
#include "tool/commands/commands.hpp"
#include "tool/session.hpp"

namespace weir::inline v0::cli {

namespace {

class arguments {
public:
  arguments() = default;
  common_options common;
  chat_arguments ask;
  bool no_stream = false;
  bool raw = false;
};

} // namespace

void add_chat(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("chat", "Send a prompt to a model and stream the answer");
  auto args = std::make_shared<arguments>();
  args->ask.add_to(*command);
  command->add_flag("--no-stream", args->no_stream, "Wait for the complete answer")->group("Request");
  args->common.add_to(*command);
  add_raw(*command, args->raw);
  command->callback([args, &code] {
    const printer out(args->common.json, args->common.verbose, args->common.quiet);
    code = run_session(args->common, [&](client& c, const last_call& last) {
      auto ask = args->ask.make();
      ask.keep_raw(args->raw);
      return args->no_stream ? show_whole(c.chat(std::move(ask)), last, out)
                             : show(c.stream(std::move(ask)), last, out);
    });
  });
}

} // namespace weir::inline v0::cli
