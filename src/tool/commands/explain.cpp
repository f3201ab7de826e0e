// weir explain: the request that a command would send.

#include <fmt/format.h>

#include <weir/client/client.hpp>

#include "tool/arguments/task_arguments.hpp"
#include "tool/chat/chat_arguments.hpp"
#include "tool/commands/commands.hpp"
#include "tool/output/output.hpp"
#include "tool/output/printer.hpp"
#include "tool/session.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace {

class arguments {
public:
  arguments() = default;
  common_options common;
  chat_arguments chat;
  task_arguments task;
  bool no_stream = false;
};

// `ask` makes the request from the arguments.
template <class Ask>
void add_task(CLI::App& explain, const char* name, const std::string& description, Ask ask, int& code,
              std::shared_ptr<arguments> args) {
  auto* command = explain.add_subcommand(name, description);
  command->add_flag("--no-stream", args->no_stream, "The request without streaming")->group("Request");
  args->common.add_to(*command);
  command->callback([args, ask, &code] {
    signals::watch();
    try {
      const client c(args->common.make());
      print(stdout, "{}\n", to_json(ask(c, *args)));
    } catch (const error& e) {
      printer(args->common.json, false, true).on_failure(e.failure());
      code = report(e.failure());
    }
  });
}

} // namespace

void add_explain(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("explain", "Print the request that would be sent, as JSON, and send nothing");
  command->require_subcommand(1);
  auto chat = std::make_shared<arguments>();
  add_task(
      *command, "chat", "The request of weir chat",
      [](const client& c, const arguments& a) { return c.explain(a.chat.make(a.common.names_target()), !a.no_stream); },
      code, chat);
  chat->chat.add_to(*command->get_subcommand("chat"));
  for (const auto what : all_task_kinds()) {
    if (what == task_kind::chat)
      continue;
    const std::string task(name_of(what));
    auto args = std::make_shared<arguments>();
    add_task(
        *command, task.c_str(), "The request of weir run " + task,
        [what](const client& c, const arguments& a) {
          return what == task_kind::text_generation ? c.explain(a.task.make_generation(), !a.no_stream)
                                                    : c.explain(a.task.make_task(what));
        },
        code, args);
    args->task.add_to(*command->get_subcommand(task));
  }
}

} // namespace weir::inline v0::cli
