// weir bench: load tests, their reports, and several of them as one.

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include <weir/bench.hpp>

#include "tool/arguments/help.hpp"
#include "tool/arguments/text_input.hpp"
#include "tool/bench/bench_arguments.hpp"
#include "tool/bench/bench_session.hpp"
#include "tool/bench/command_line.hpp"
#include "tool/commands/commands.hpp"
#include "tool/exit_code.hpp"
#include "tool/output/output.hpp"
#include "tool/private_files.hpp"
#include "tool/session.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace {

bench_result read_result(const std::string& path) {
  try {
    return read_bench_result(read_file(path));
  } catch (const error& e) {
    throw error(errc::invalid_argument, fmt::format("{}: {}", path, e.failure().message()));
  }
}

void write_files(const bench_arguments& args, const bench_result& r) {
  const auto write = [](const std::string& path, const auto& make) {
    if (!path.empty())
      write_private(path, make());
  };
  write(args.output, [&r] { return r.json(); });
  write(args.report, [&r] { return r.html(); });
  write(args.csv, [&r] { return r.csv(); });
  for (const auto& [form, path] : args.exports())
    write_private(path, form == "vllm" ? r.vllm() : r.aiperf());
}

// What of --fail-if is so, each as a line. A check that cannot be made has failed.
int tell_checks(const bench_arguments& args, const bench_result& r, const bench_result* before) {
  int failed = 0;
  for (const auto& check : args.checks()) {
    std::string why;
    try {
      why = check.failed(r, before);
    } catch (const error& e) {
      why = e.failure().message();
    }
    failed += !why.empty();
    if (!why.empty())
      say(stderr, "weir: --fail-if '{}': {}\n", check.text(), one_line(why));
  }
  return failed;
}

int code_for(const bench_result& r, int failed_checks) {
  if (const int by = signals::received() != 0 ? signals::received() : signals::wants_end())
    return 128 + by;
  return r.valid() && r.complete() && failed_checks == 0 ? exit_code::complete : exit_code::beyond_limits;
}

int run_one(const bench_arguments& args, const std::string& command) {
  std::optional<bench_result> before;
  if (!args.baseline.empty())
    before.emplace(read_result(args.baseline));
  bench_session session(args, command);
  const auto r = session.run();
  write_files(args, r);
  if (!args.common.quiet)
    print(args.common.json ? stderr : stdout, "{}", r.text());
  const int failed = tell_checks(args, r, before ? &*before : nullptr);
  if (args.common.json)
    print(stdout, "{}\n", r.json());
  for (const auto& [what, path] : {std::pair("report", &args.report), std::pair("result", &args.output)})
    if (!path->empty() && !args.common.quiet)
      say(stderr, "The {} is in {}\n", what, *path);
  return code_for(r, failed);
}

class rewritten {
public:
  rewritten() = default;
  std::vector<std::string> from;
  bench_arguments to;
};

int rewrite(const rewritten& args) {
  std::vector<bench_result> parts;
  for (const auto& path : args.from)
    parts.push_back(read_result(path));
  const auto r = parts.size() == 1 ? parts.front() : merge_bench_results(parts);
  write_files(args.to, r);
  if (!args.to.common.quiet)
    print(stdout, "{}", r.text());
  return code_for(r, tell_checks(args.to, r, nullptr));
}

void add_rewriting(CLI::App& command, const char* name, const char* description, bool many, int& code) {
  auto args = std::make_shared<rewritten>();
  auto* sub = command.add_subcommand(name, description);
  auto* from = sub->add_option("FILE", args->from, "Results of weir bench: JSON, or reports")->required();
  if (!many)
    from->expected(1);
  args->to.add_results_to(*sub);
  sub->add_flag("-q,--quiet", args->to.common.quiet, "Print nothing where all is well");
  sub->callback([args, &code] { code = rewrite(*args); });
}

} // namespace

void add_bench(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("bench", "Put a load on a target and measure what its users would see");
  auto args = std::make_shared<bench_arguments>();
  args->add_to(*command);
  command->require_subcommand(0, 1);
  command->footer(
      "Times count from when a request was meant to start, so that a target that falls behind cannot hide it.\n"
      "The first line says whether the figures can be trusted: weir watches itself while it measures.\n"
      "Ctrl-C ends a run with what was measured. Exit code 10: a --fail-if, or the run is invalid.\n\n"
      "Examples:\n"
      "  weir bench --base-url http://127.0.0.1:8000/v1 --rate 20 --duration 60s --report r.html\n"
      "  weir bench -p groq -m llama-3.1-8b-instant -c 8 --data prompts.jsonl --slo 'ttft<500ms'\n"
      "  weir bench --base-url http://127.0.0.1:8000/v1 --find-peak --slo 'ttft<1s,tpot<50ms' --poisson\n"
      "  weir bench -c 16 --target a=http://10.0.0.1:8000/v1 --target b=http://10.0.0.2:8000/v1");
  add_rewriting(*command, "merge", "Join the parts of a load that was run with --split", true, code);
  add_rewriting(*command, "report", "Make the report, the table or an export of a result again", false, code);
  command->callback([command, args, &code] {
    if (command->get_subcommands().empty())
      code = run_one(*args, command_line());
  });
}

} // namespace weir::inline v0::cli
