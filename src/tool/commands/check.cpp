// weir check: its arguments, and the report as it grows.

#include <fmt/format.h>

#include "tool/commands/check_report.hpp"
#include "tool/commands/check_steps.hpp"
#include "tool/commands/commands.hpp"
#include "tool/output/output.hpp"
#include "tool/session.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

class arguments {
public:
  arguments() = default;
  std::string provider;
  bool call = false;
  common_options common;
};

asio::awaitable<int> run_checks(std::shared_ptr<arguments> args) {
  const auto loaded = args->common.read();
  const auto& settings = loaded.settings;
  const bool json = args->common.json;
  if (!args->common.verbose) // else the session did
    tell_unset_keys(loaded);
  std::vector<checked_provider> all;
  std::string broken;
  for (const auto& to : check_targets(settings, args->provider)) {
    std::function<void(const checked_provider&)> told = [json](const checked_provider& p) {
      if (json)
        return;
      if (p.steps.size() == 1)
        print(stdout, "{}  {}\n", p.provider, p.url);
      put(stdout, to_text(p.steps.back()));
    };
    auto checked = co_await check(loaded, to, args->call, std::move(told));
    if (json)
      print(stdout, "{}\n", to_json(checked));
    if (checked.failed())
      broken += (broken.empty() ? "" : ", ") + checked.provider + " (" + checked.failed()->name + ")";
    all.push_back(std::move(checked));
  }
  if (!broken.empty())
    say(stderr, "weir: check failed: {}\n", broken);
  co_return worst_code(all);
}

} // namespace

void add_check(CLI::App& app, int& code) {
  auto* command =
      app.add_subcommand("check", "Check key, DNS name, proxy, connection, certificate, clock and a minimal call");
  auto args = std::make_shared<arguments>();
  command->add_option("PROVIDER", args->provider,
                      "The provider to check (default: every one with a key in the environment)");
  command->add_flag("--call", args->call, "Also request one token from --model, which may cost a little")
      ->group("Request");
  args->common.add_to(*command);
  command->footer(
      "The minimal call lists the models, which costs nothing; a Hugging Face token is checked at the Hub.\n"
      "A step that fails ends that provider's check, not the others'. The exit code is that of the worst\n"
      "failure, where refused is worse than configuration, then truncated, transient and deadline.\n"
      "With --json, one line per provider.");
  command->callback([args, &code] {
    code = run_session(args->common, [args](client&, const last_call&) { return run_checks(args); });
  });
}

} // namespace weir::inline v0::cli
