#include <fmt/format.h>

#include <weir/client/client.hpp>

#include "tool/commands.hpp"
#include "tool/printer.hpp"
#include "tool/requests.hpp"
#include "tool/session.hpp"

namespace weir::cli {

namespace {

class arguments {
public:
  arguments() = default;
  common_options common;
  chat_arguments chat;
  task_arguments task;
  bool no_stream = false;
};

// `make` gives the request of the arguments.
template <class Make>
void add_task(CLI::App& explain, const char* name, const char* description, Make make, int& code,
              std::shared_ptr<arguments> args) {
  auto* command = explain.add_subcommand(name, description);
  command->add_flag("--no-stream", args->no_stream, "As without streaming")->group("Request");
  args->common.add_to(*command);
  command->callback([args, make, &code] {
    try {
      const client c(args->common.make());
      fmt::print("{}\n", to_json(c.explain(make(*args), !args->no_stream)));
    } catch (const error& e) {
      printer(args->common.json, false, true).on_failure(e.failure());
      code = report(e.failure());
    }
  });
}

} // namespace

void add_explain(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("explain", "Print the request that would be sent as JSON, and send nothing");
  command->require_subcommand(1);
  auto chat = std::make_shared<arguments>();
  auto generation = std::make_shared<arguments>();
  add_task(*command, "chat", "The request of weir chat", [](const arguments& a) { return a.chat.make(); }, code, chat);
  add_task(*command, "text-generation", "The request of weir run text-generation",
           [](const arguments& a) { return a.task.make_generation(); }, code, generation);
  chat->chat.add_to(*command->get_subcommand("chat"));
  generation->task.add_to(*command->get_subcommand("text-generation"));
}

} // namespace weir::cli
