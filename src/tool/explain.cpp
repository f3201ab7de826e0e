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

} // namespace

void add_explain(CLI::App& app) {
  auto* command = app.add_subcommand("explain", "Print the request that would be sent, keys redacted, and send nothing");
  command->require_subcommand(1);

  auto* chat = command->add_subcommand("chat", "The request of weir chat");
  auto chat_args = std::make_shared<arguments>();
  chat_args->chat.add_to(*chat);
  chat->add_flag("--no-stream", chat_args->no_stream, "As without streaming");
  chat_args->common.add_to(*chat);
  chat->callback([chat_args] {
    const client c(chat_args->common.make());
    print_explained(c.explain(chat_args->chat.make(), !chat_args->no_stream));
  });

  auto* generation = command->add_subcommand("text-generation", "The request of weir run text-generation");
  auto run_args = std::make_shared<arguments>();
  run_args->task.add_to(*generation);
  generation->add_flag("--no-stream", run_args->no_stream, "As without streaming");
  run_args->common.add_to(*generation);
  generation->callback([run_args] {
    const client c(run_args->common.make());
    print_explained(c.explain(run_args->task.make_generation(), !run_args->no_stream));
  });
}

} // namespace weir::cli
