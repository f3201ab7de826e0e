// weir providers: what can be called, and with which key.

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include <weir/core/error.hpp>

#include "client/config/named_key.hpp"
#include "provider/added_vendors.hpp"
#include "provider/vendors.hpp"
#include "tool/arguments/help.hpp"
#include "tool/commands/commands.hpp"
#include "tool/output/output.hpp"
#include "tool/reference/providers_table.hpp"

namespace weir::inline v0::cli {

namespace {

class arguments {
public:
  arguments() = default;
  std::string provider, config;
  bool json = false;
};

loaded_options settings(const arguments& args) {
  if (args.config != "none")
    return load_with_keys(args.config.empty() ? std::nullopt : std::optional(args.config));
  loaded_options none;
  none.settings = from_environment();
  return none;
}

void list(const arguments& args) {
  const auto given = settings(args);
  auto all = all_providers(given, [](const char* name) { return std::getenv(name); });
  if (!args.provider.empty()) {
    std::erase_if(all, [&args](const provider_row& p) { return p.id != args.provider; });
    if (all.empty())
      throw error(errc::unknown_provider,
                  provider::no_such_provider(args.provider, provider::added_vendors(given.settings.vendors()).names()));
  }
  if (args.json)
    for (const auto& p : all)
      print(stdout, "{}\n", to_json(p));
  else
    put(stdout, providers_table(all));
}

} // namespace

void add_providers(CLI::App& app, int&) {
  auto* command = app.add_subcommand("providers", "List the providers: their keys, URLs and tasks");
  auto args = std::make_shared<arguments>();
  command->add_option("PROVIDER", args->provider, "Only this one");
  never_empty(
      command->add_option("--config", args->config,
                          "A configuration file, or none (default: ~/.config/weir/weir.json, then ./weir.json)"))
      ->type_name("FILE")
      ->group("Settings");
  command->add_flag("--json", args->json, "Print one JSON object per provider")->group("Output");
  command->footer("KEY is the environment variable that the key is read from. SET says whether there is one: yes,\n"
                  "no, or hub, which is a Hugging Face token, with which calls go through its router. CHAT is the\n"
                  "dialect of a chat. Nothing is sent.");
  command->callback([args] { list(*args); });
}

} // namespace weir::inline v0::cli
