// weir bench: load tests, their reports, and several of them as one.

#include <memory>
#include <string>
#include <vector>

#include <weir/bench.hpp>

#include "tool/arguments/help.hpp"
#include "tool/bench/bench_arguments.hpp"
#include "tool/bench/bench_output.hpp"
#include "tool/bench/bench_run.hpp"
#include "tool/bench/command_line.hpp"
#include "tool/bench/given_options.hpp"
#include "tool/bench/option_rules.hpp"
#include "tool/commands/commands.hpp"

namespace weir::inline v0::cli {

namespace {

class rewritten {
public:
  rewritten() = default;
  std::vector<std::string> from;
  bench_arguments to;
};

int rewrite(const rewritten& args, bool joins) {
  check_places(args.to, args.from);
  std::vector<bench_result> parts;
  for (const auto& path : args.from)
    parts.push_back(read_result(path));
  const auto before = baseline_of(args.to);
  const auto r = joins ? merge_bench_results(parts) : parts.front();
  return tell_result(args.to, r, before ? &*before : nullptr);
}

void add_rewriting(CLI::App& command, const char* name, const char* description, const char* example, bool many,
                   int& code) {
  auto args = std::make_shared<rewritten>();
  auto* sub = command.add_subcommand(name, description);
  sub->footer(std::string("Example:\n  ") + example);
  auto* from = sub->add_option("FILE", args->from, "Results of weir bench: JSON, or reports")->required();
  if (!many)
    from->expected(1);
  args->to.add_files_to(*sub);
  sub->add_flag("-q,--quiet", args->to.common.quiet, "Print nothing where all is well");
  sub->add_flag("--json", args->to.common.json, "Print the result as a JSON object on stdout");
  sub->callback([&command, sub, args, many, &code] {
    check_nothing_before(command, *sub);
    check_options(*sub);
    code = rewrite(*args, many);
  });
}

void add_suite(CLI::App& command, int& code) {
  class given {
  public:
    std::string path;
    std::vector<std::string> only;
    bench_arguments options; // declared, so that they are known; each scenario reads its own
  };
  auto args = std::make_shared<given>();
  auto* sub = command.add_subcommand("run", "Run the scenarios of a file, one after the other");
  sub->add_option("FILE", args->path, "The scenarios, as JSON")->required();
  repeatable(never_empty(sub->add_option("--only", args->only, "Run this one alone (repeatable)")))->type_name("NAME");
  args->options.add_options_to(*sub);
  sub->footer("Members are the long options of weir bench, and paths are relative to the file:\n\n"
              "  {\"defaults\": {\"base-url\": \"http://127.0.0.1:8000/v1\", \"duration\": \"60s\"},\n"
              "   \"scenarios\": [{\"name\": \"steady\", \"rate\": 20, \"fail-if\": [\"ttft.p95 > 500ms\"]},\n"
              "                 {\"name\": \"peak\", \"rate\": 60, \"poisson\": true, \"report\": \"peak.html\"}]}\n\n"
              "Options replace the members of the same name in each scenario; {name} in a file's name is the\n"
              "scenario's: --base-url http://10.0.0.7:8000/v1 -o results/{name}.json\n\n"
              "All are checked before the first one starts. The exit code is the worst one.");
  sub->callback([&command, sub, args, &code] {
    check_nothing_before(command, *sub);
    code = run_bench_suite(args->path, args->only, given_options(*sub));
  });
}

} // namespace

void add_bench(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("bench", "Put a load on a target and measure what its users would see");
  auto args = std::make_shared<bench_arguments>();
  args->add_to(*command);
  command->require_subcommand(0, 1);
  command->footer("Times count from when a request was meant to start: a target that falls behind cannot hide it.\n"
                  "The first line says whether the figures can be trusted: weir watches itself while it measures.\n"
                  "Ctrl-C ends a run with what was measured. Exit code 10: a --fail-if, or the run is invalid.\n\n"
                  "Examples:\n"
                  "  weir bench --base-url http://127.0.0.1:8000/v1 --rate 20 --duration 60s --report r.html\n"
                  "  weir bench -p groq -m llama-3.1-8b-instant -c 8 --data prompts.jsonl --slo 'ttft<500ms'\n"
                  "  weir bench --base-url http://127.0.0.1:8000/v1 --find-peak --slo 'ttft<1s,tpot<50ms' --poisson\n"
                  "  weir bench -c 16 --target a=http://10.0.0.1:8000/v1 --target b=http://10.0.0.2:8000/v1");
  add_suite(*command, code);
  add_rewriting(*command, "merge", "Join the parts of a load that was run with --split",
                "weir bench merge 1.json 2.json 3.json --report r.html", true, code);
  add_rewriting(*command, "report", "Make the report, the table or an export of a result again",
                "weir bench report r.json --report r.html --fail-if 'ttft.p95 > 500ms'", false, code);
  command->callback([command, args, &code] {
    if (!command->get_subcommands().empty())
      return;
    check_options(*command);
    code = run_bench_once(*args, command_line());
  });
}

} // namespace weir::inline v0::cli
