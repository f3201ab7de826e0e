// weir models: lists models and their providers.

#include <fmt/format.h>

#include <weir/client/client.hpp>

#include "tool/commands/commands.hpp"
#include "tool/commands/models_table.hpp"
#include "tool/output/output.hpp"
#include "tool/session.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

class arguments {
public:
  arguments() = default;
  std::string name, task;
  bool from_hub = false;
  common_options common;
};

std::string nothing_found(const arguments& args) {
  std::string what = "no model";
  if (!args.name.empty())
    what += " matches \"" + args.name + "\"";
  if (!args.task.empty())
    what += " for " + args.task;
  return what + ": try a shorter name, another --provider, or --task with one of the Hub's tasks such as "
                "text-to-image";
}

asio::awaitable<int> list(client& c, std::shared_ptr<arguments> args) {
  auto query = model_query(args->name).task(args->task).from_hub(args->from_hub);
  const auto found = co_await c.models(std::move(query));
  if (found.empty())
    throw error(errc::not_found, nothing_found(*args));
  if (args->common.json) {
    for (const auto& m : found)
      print(stdout, "{}\n", to_json(m));
    co_return 0;
  }
  put(stdout, models_table(found));
  if (!args->common.quiet) {
    bool broken = false;
    for (const auto& m : found)
      for (const auto& p : m.providers)
        broken = broken || !p.live();
    say(stderr, "{} model{} · prices in USD per million tokens{}\n", found.size(), found.size() == 1 ? "" : "s",
        broken ? " · ! means not live there" : "");
  }
  co_return 0;
}

} // namespace

void add_models(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("models", "List models and their providers, with price, context and speed");
  auto args = std::make_shared<arguments>();
  command->add_option("NAME", args->name, "Only models with this name: org/name or a part of it");
  command->add_option("--task", args->task, "For this task, such as text-to-image (default: chat)")
      ->type_name("NAME")
      ->group("Request");
  command
      ->add_flag("--from-hub", args->from_hub, "Use the Hub's listing for chat models too: no prices, every provider")
      ->group("Request");
  args->common.add_to(*command);
  command->footer("Queries the server at --base-url, or a provider whose own key is set, or else the Hugging Face\n"
                  "router; for tasks other than chat, the Hub. IN and OUT are prices per million tokens, FIRST is the\n"
                  "time to the first token, JSON is structured output. With --json, one line per model.");
  command->callback([args, &code] {
    code = run_session(args->common, [args](client& c, const last_call&) { return list(c, args); });
  });
}

} // namespace weir::inline v0::cli
