// weir sim: serves a simulated provider.

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <limits>

#include <weir/core/error.hpp>

#include "core/time/duration.hpp"
#include "sim/server/main_loop.hpp"
#include "tool/arguments/help.hpp"
#include "tool/commands/commands.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

class arguments {
public:
  arguments() = default;
  sim::settings how;
  bool plain = false, tls = false;
  std::string first_token, gap, stall, slow_start, job, validate, run, finalize, key_variable;
  std::vector<std::string> faults;
};

} // namespace

void add_sim(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("sim", "Serve a simulated provider on 127.0.0.1, with faults on demand");
  auto args = std::make_shared<arguments>();
  const auto add = [command](const char* name, auto& value, const char* type, const char* description) {
    return command->add_option(name, value, description)->type_name(type);
  };
  whole_number(add("--port", args->how.port, "N", "The port (default: any free one)"), 0, 65535);
  auto* tls = command->add_flag("--tls", args->tls, "Serve TLS with a certificate made at start (the default)");
  command->add_flag("--plain", args->plain, "Serve plain HTTP")->excludes(tls);
  add("--ttft", args->first_token, "TIME",
      "Time to the first token: 50ms, uniform(20ms,80ms), lognormal(50ms,0.5) or bimodal(20ms,200ms,0.1) (default: 0)");
  add("--gap", args->gap, "TIME", "Time between tokens, likewise (default: 0, as fast as they are read)");
  whole_number(add("--slots", args->how.capacity.slots, "N", "Requests served at a time; others wait (default: all)"),
               1, 1'000'000);
  whole_number(add("--queue", args->how.capacity.queue, "N", "How many may wait; others get 429 (default: all)"), 0,
               1'000'000);
  add("--rate-limit", args->how.capacity.requests_per_s, "N", "Requests a second; others get 429 (default: none)")
      ->check(CLI::PositiveNumber);
  add("--token-rate", args->how.capacity.tokens_per_s, "N", "Tokens a second that all streams share (default: none)")
      ->check(CLI::PositiveNumber);
  add("--stall", args->stall, "EVERY:FOR", "Send nothing in the last FOR of every EVERY, such as 10s:1s");
  add("--slow-start", args->slow_start, "TIME", "First tokens begin ten times as late, and get as usual in this time");
  add("--job", args->job, "TIME", "How long a job takes, such as a video (default: 1s)");
  add("--batch-validate", args->validate, "TIME", "How long a batch is validated (default: 200ms)");
  add("--batch-run", args->run, "TIME", "How long a batch runs; its lines are answered meanwhile (default: 1s)");
  add("--batch-finalize", args->finalize, "TIME", "How long a batch writes its results (default: 200ms)");
  whole_number(add("--batch-tokens", args->how.batches.tokens, "N",
                   "Batches of a model with more tokens than this enqueued fail (default: no limit)"),
               0, std::numeric_limits<std::uint64_t>::max());
  whole_number(add("--batch-lines", args->how.batches.lines, "N", "Lines of a batch at most (default: the provider's)"),
               1, std::numeric_limits<std::uint64_t>::max());
  whole_number(add("--batch-bytes", args->how.batches.bytes, "N", "Bytes of a batch at most (default: the provider's)"),
               1, std::numeric_limits<std::uint64_t>::max());
  whole_number(add("--tokens", args->how.tokens, "N", "Tokens per answer (default: as many as its text has)"), 0,
               1'000'000'000);
  add("--key-env", args->key_variable, "NAME",
      "Accept only the key in this environment variable (default: any or none)");
  whole_number(add("--seed", args->how.seed, "N", "The random seed for faults with a RATE (default: 1)"), 0,
               std::numeric_limits<std::uint64_t>::max());
  repeatable(add("--fault", args->faults, "FAULT", "NAME[:ARG][=RATE][*TIMES] (repeatable), see below"));
  command->footer(
      "Prints \"listening on URL\" and \"ca file: PATH\". A request overrides the options with the headers\n"
      "x-events: N, x-interval: TIME, x-first: TIME, x-job: TIME (or a number of polls) and x-fault:\n"
      "NAME[:ARG]. Jobs are listed at /sim/jobs, batches at /sim/batches. A RATE is the share of\n"
      "requests from 0 to 1, TIMES the maximum number: --fault 503*2 fails the first two.\n\n"
      "An answer quotes the prompt. A tool is called if the prompt has its name as a word, or the word\n"
      "\"tool\" (then the first one), or if the request's tool_choice demands it. JSON has the shape of\n"
      "the request's schema. A model with \"reason\" in its name reasons. More: docs/sim.md.\n\n"
      "Faults, with the default of their argument:\n" +
      sim::fault_help());
  command->callback([args, &code] {
    auto how = args->how;
    how.tls = !args->plain;
    if (!args->first_token.empty())
      how.capacity.first_token = sim::spread::parse(args->first_token);
    if (!args->gap.empty())
      how.capacity.gap = sim::spread::parse(args->gap);
    if (!args->stall.empty()) {
      const auto colon = args->stall.find(':');
      if (colon == std::string::npos)
        throw error(errc::invalid_argument, "--stall takes EVERY:FOR, such as 10s:1s");
      how.capacity.stall_every = parse_duration(args->stall.substr(0, colon));
      how.capacity.stall_for = parse_duration(args->stall.substr(colon + 1));
      if (how.capacity.stall_for >= how.capacity.stall_every)
        throw error(errc::invalid_argument, "--stall: the stall must be shorter than the time from one to the next");
    }
    if (!args->slow_start.empty())
      how.capacity.slow_start = parse_duration(args->slow_start);
    if (!args->job.empty())
      how.job = parse_duration(args->job);
    for (const auto& [text, time] :
         {std::pair(&args->validate, &how.batches.validate), std::pair(&args->run, &how.batches.run),
          std::pair(&args->finalize, &how.batches.finalize)})
      if (!text->empty())
        *time = parse_duration(*text);
    if (!args->key_variable.empty()) {
      const char* key = std::getenv(args->key_variable.c_str());
      if (!key || !*key)
        throw error(errc::missing_key, fmt::format("{} is not set: set it to the key", args->key_variable));
      how.key = key;
    }
    for (const auto& f : args->faults)
      how.faults.push_back(sim::parse_fault_rule(f));
    try {
      code = sim::run(std::move(how), std::cout);
    } catch (const boost::system::system_error& e) {
      if (dynamic_cast<const error*>(&e))
        throw;
      throw error(errc::invalid_argument,
                  fmt::format("cannot listen on port {}: {}", args->how.port, e.code().message()));
    }
    if (!std::cout)
      throw output_error(EIO);
  });
}

} // namespace weir::inline v0::cli
