#include <fmt/format.h>

#include <cstdlib>
#include <iostream>

#include <weir/core/error.hpp>

#include "sim/main_loop.hpp"
#include "tool/commands.hpp"
#include "tool/duration.hpp"

namespace weir::cli {

namespace {

class arguments {
public:
  arguments() = default;
  sim::settings how;
  bool plain = false, tls = false;
  std::string first_token, gap, key_variable;
  std::vector<std::string> faults;
};

} // namespace

void add_sim(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("sim", "Serve a simulated provider on 127.0.0.1, with faults on demand");
  auto args = std::make_shared<arguments>();
  command->add_option("--port", args->how.port, "The port; 0: any free one")->capture_default_str();
  auto* tls = command->add_flag("--tls", args->tls, "Serve TLS with a certificate made at start (the default)");
  command->add_flag("--plain", args->plain, "Serve plain HTTP")->excludes(tls);
  command->add_option("--ttft", args->first_token, "Time to the first token (default 0)");
  command->add_option("--gap", args->gap, "Time between tokens (default 0: as fast as they are read)");
  command->add_option("--tokens", args->how.tokens, "Tokens of an answer (default: as many as its text has)");
  command->add_option("--key-env", args->key_variable, "Accept only the key in this environment variable");
  command->add_option("--seed", args->how.seed, "Of the random numbers behind faults with a rate")->capture_default_str();
  command->add_option("--fault", args->faults, "NAME[:ARG][=RATE][*TIMES] (repeatable), see below");
  command->footer("A request overrides these with the headers x-events: N, x-interval: D, x-first: D and\n"
                  "x-fault: NAME[=ARG]. The faults:\n" +
                  sim::fault_help());
  command->callback([args, &code] {
    auto how = args->how;
    how.tls = !args->plain;
    if (!args->first_token.empty())
      how.first_token = parse_duration(args->first_token);
    if (!args->gap.empty())
      how.gap = parse_duration(args->gap);
    if (!args->key_variable.empty()) {
      const char* key = std::getenv(args->key_variable.c_str());
      if (!key || !*key)
        throw error(errc::missing_key, fmt::format("{} is not set: put the key into it", args->key_variable));
      how.key = key;
    }
    for (const auto& f : args->faults)
      how.faults.push_back(sim::parse_fault_rule(f));
    try {
      code = sim::run(std::move(how), std::cout);
    } catch (const boost::system::system_error& e) {
      if (dynamic_cast<const error*>(&e))
        throw;
      throw error(errc::invalid_argument, fmt::format("cannot listen on port {}: {}", args->how.port, e.code().message()));
    }
  });
}

} // namespace weir::cli
