// weir chat: one chat, or a conversation on a terminal.

#include <memory>
#include <string>

#include <weir/client/client.hpp>

#include "tool/arguments/help.hpp"
#include "tool/arguments/requests.hpp"
#include "tool/chat/chat_arguments.hpp"
#include "tool/commands/commands.hpp"
#include "tool/exit_code.hpp"
#include "tool/interactive/chat_targets.hpp"
#include "tool/interactive/talk.hpp"
#include "tool/session.hpp"
#include "tool/turn.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

class arguments {
public:
  arguments() = default;
  common_options common;
  chat_arguments ask;
  std::string save;
  bool no_stream = false;
  bool raw = false;
};

// Looked at before anything is sent or read: nobody should pay for an answer that cannot be kept.
conversation_file file_for(const arguments& args) {
  const auto continued = args.ask.continued();
  if (!args.save.empty())
    return conversation_file(args.save, args.save == continued);
  return continued.empty() ? conversation_file() : conversation_file(continued, true);
}

conversation with_model(conversation talk, const common_options& common) {
  if (common.names_target())
    talk.model = common.model();
  return talk;
}

asio::awaitable<int> reach(options o) {
  co_await check_targets_of_chat(std::move(o));
  co_return exit_code::complete;
}

chat settings_of(const arguments& args) {
  return args.ask.settings().keep_raw(args.raw).options(args.common.for_each_call());
}

int talk(session& with, const arguments& args, turn kind) {
  auto file = file_for(args);
  // As with any chat: a mistake in the settings should show before the first prompt is typed.
  auto settings = settings_of(args);
  auto beginning = with_model(args.ask.beginning(), args.common);
  auto files = args.ask.files();
  with.run([&](client&, const last_call&) { return reach(args.common.make()); });
  return converse(with, std::move(kind), settings, std::move(beginning), file ? std::move(file) : kept_conversation(),
                  std::move(files));
}

int send(session& with, const arguments& args, turn kind) {
  auto file = file_for(args);
  auto request = settings_of(args);
  auto talk = with_model(args.ask.whole(), args.common);
  talk.put_into(request);
  return with.run([&](client& c, const last_call& last) {
    return take_turn(c, last, std::move(kind), std::move(request), talk, file);
  });
}

} // namespace

void add_chat(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("chat", "Send a prompt to a model and stream the answer, or hold a conversation");
  auto args = std::make_shared<arguments>();
  args->ask.add_to(*command);
  command->add_flag("--no-stream", args->no_stream, "Wait for the complete answer")->group("Request");
  never_empty(command->add_option("--save", args->save,
                                  "Save the conversation to this file, after each answer; --continue goes on with it"))
      ->type_name("FILE")
      ->group("Conversation");
  args->common.add_to(*command);
  args->common.add_cost_to(*command);
  args->common.cache.add_to(*command);
  add_raw(*command, args->raw);
  command->footer(
      "On a terminal, without a prompt, it is a conversation: /help there lists its commands, and files go\n"
      "with the first prompt.\n\nExamples:\n"
      "  weir chat -m openai/gpt-oss-120b 'Why is the sky blue?'\n"
      "  git diff | weir chat -m openai/gpt-oss-120b 'Review this'\n"
      "  weir chat -m openai/gpt-oss-120b 'What does it do?' -f main.cpp -f plan.png --save talk.json\n"
      "  weir chat --continue=talk.json 'And why?'");
  command->callback([args, &code] {
    turn kind(printer(args->common.json, args->common.verbose, args->common.quiet));
    kind.streamed = !args->no_stream;
    kind.quiet = args->common.quiet;
    kind.target_words = args->common.target_words();
    const bool typed = !args->ask.has_request() && !args->common.json && on_terminal();
    code = run_conversation(args->common, [&](session& with) {
      return typed ? talk(with, *args, std::move(kind)) : send(with, *args, std::move(kind));
    });
  });
}

} // namespace weir::inline v0::cli
