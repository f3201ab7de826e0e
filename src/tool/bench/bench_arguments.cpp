#include "tool/bench/bench_arguments.hpp"

#include <limits>

#include "tool/arguments/help.hpp"

namespace weir::inline v0::cli {

void bench_arguments::add_to(CLI::App& command) {
  command.add_option("PROMPT", prompt_, "One prompt for every request, or @FILE (default: made up, each different)");
  add_options_to(command);
}

void bench_arguments::add_options_to(CLI::App& command) {
  add_load_to(command);
  add_prompts_to(command);
  chat_.add_to(command);
  add_results_to(command);
  repeatable(never_empty(command.add_option("--target", targets_,
                                            "Compare several, in turns: PROVIDER/MODEL or a URL, with NAME= before it "
                                            "or without (repeatable)")))
      ->type_name("TARGET")
      ->group("Target");
  command
      .add_flag("--with-policies", keep_policies_,
                "Keep retries, fallbacks, hedges, circuits and the cache of the configuration (default: all off, "
                "since they hide what the target does)")
      ->group("Failures");
  command
      .add_flag_callback(
          "--vllm-flags",
          [] {
            throw error(errc::invalid_argument, "--vllm-flags is for the command line of weir bench, before the flags");
          },
          "Read everything after it as flags of vllm bench serve, for scripts that have them")
      ->group("Load");
  common.add_to_job(command);
  common.add_cost_to(command);
}

void bench_arguments::add_load_to(CLI::App& command) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* description) {
    return never_empty(command.add_option(name, value, description))->type_name(type)->group("Load");
  };
  add("-c,--concurrency", concurrency_, "N", "Keep N requests in flight, each followed by the next (default: 1)");
  add("--rise", rise_, "TIME", "Start them one by one over this time");
  add("-r,--rate", rate_, "RATE",
      "Requests a second, whatever the target does; or a profile: 10..100/60s,100/30s; ,repeat starts it over");
  command.add_flag("--poisson", poisson_, "Random arrivals, as of independent users (default: evenly spaced)")
      ->group("Load");
  add("--burstiness", burstiness_, "B", "Arrivals by a Gamma distribution: below 1 burstier than --poisson");
  command.add_flag("--replay", replay_, "Start requests at the times of the trace of --data")->group("Load");
  add("--speed", replay_speed_, "X", "The same, X times as fast");
  add("-d,--duration", length_, "TIME",
      "Length of the run (default: 30s, or that of the profile, the trace or --requests)");
  whole_number(add("-n,--requests", requests_, "N", "Number of requests"), 1, std::numeric_limits<std::int64_t>::max());
  add("--warm-up", warm_up_, "TIME", "At the beginning, not counted (default: a tenth of --duration, at most 10s)");
  add("--drain", drain_, "TIME", "How long to wait for answers at the end (default: 30s)");
  add("--window", window_, "TIME",
      "Length of the windows in which validity is judged and progress shown (default: 1s)");
  add("--turn", turn_, "TIME", "How long each of several targets takes before the next one's turn");
  add("--cancel", cancel_, "SHARE:TIME", "Cancel this share of the requests so long after sending: 5%:2s");
  add("--split", split_, "K/N", "Do part K of N of this load: for N machines; weir bench merge joins them");
  whole_number(
      add("--load-seed", seed_, "N",
          "Repeat the random choices of another run, prompts included (default: others each time; 0 with --split)"),
      0, std::numeric_limits<std::int64_t>::max());

  const auto peak = [&command](const char* name, auto& value, const char* type, const char* description) {
    return never_empty(command.add_option(name, value, description))->type_name(type)->group("Breaking point");
  };
  command.add_flag("--find-peak", find_peak_, "Find the highest request rate that the target sustains")
      ->group("Breaking point");
  peak("--first-rate", first_rate_, "RATE", "The first rate to try (default: 1)");
  peak("--max-rate", most_rate_, "RATE", "The highest rate to try");
  peak("--peak", peak_, "RATE", "Try one, two and three times this rate, the one that you expect");
  peak("--slo", slo_, "LIMITS", "What makes an answer good: 'ttft<500ms,e2e<10s'; metrics: docs/bench.md");
  peak("--good-share", good_share_, "SHARE", "Share of the answers that must be good (default: 95%)");
}

void bench_arguments::add_prompts_to(CLI::App& command) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* description) {
    return never_empty(command.add_option(name, value, description))->type_name(type)->group("Prompts");
  };
  repeatable(add("--data", data_, "FILE",
                 "Prompts: whatever weir batch reads, ShareGPT, AIPerf; traces of Mooncake, Bailian, BurstGPT, Azure"));
  add("--data-format", format_, "F", "jsonl, json, csv, tsv, text or files (default: by the name, or the first line)");
  add("--template", template_, "TEXT", "The prompt of each row, or @FILE: 'Summarise: {{text}}'");
  add("--task", task_, "TASK", "What to ask, as weir run has it (default: chats)");
  add("--media", media_, "COLUMN", "The column that names an image or audio");
  whole_number(add("--shuffle", shuffle_, "SEED", "Shuffle them"), 1, std::numeric_limits<std::int64_t>::max());
  add("--from", from_, "TIME", "Of a trace: leave out what is before");
  add("--to", to_, "TIME", "Of a trace: leave out what is after");
  add("--input-tokens", input_, "LENGTH", "Of made-up prompts: 512, 100..200, normal(512,64) or lognormal(512,0.5)");
  add("--output-tokens", output_tokens_, "LENGTH", "Of answers, as a limit (default: 128 of made-up prompts)");
  whole_number(add("--prefix-tokens", prefix_, "N", "Of made-up prompts: further tokens that they share"), 0,
               1'000'000);
  whole_number(add("--prefixes", prefixes_, "N", "Of made-up prompts: how many such beginnings (default: 1)"), 1,
               1'000'000);
  add("--turns", turns_, "LENGTH", "Of made-up prompts: turns of a conversation (default: 1)");
  add("--think", think_, "TIME", "Of made-up prompts: between turns, on average");
  command
      .add_flag("--ignore-eos", ignore_eos_,
                "Ask for answers as long as --output-tokens or a trace says; vLLM, SGLang and some others can")
      ->group("Prompts");
}

void bench_arguments::add_files_to(CLI::App& command) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* description) {
    return never_empty(command.add_option(name, value, description))->type_name(type)->group("Results");
  };
  add("--report", report, "FILE", "Write a report for a browser, all in one file");
  add("-o,--output", output, "FILE", "Write everything as JSON, for weir bench merge, report and --baseline");
  add("--csv", csv, "FILE", "Write the metrics as a table");
  repeatable(add("--export", exports_, "vllm|aiperf=FILE", "Write what other tools read (repeatable)"));
  add("--baseline", baseline, "FILE", "An earlier result, for --fail-if");
  command
      .add_flag("--make-baseline", makes_baseline,
                "Where that file does not exist yet, write this result there; nothing is compared")
      ->group("Results");
  repeatable(
      add("--fail-if", fail_if_, "CHECK",
          "End with code 10 if this is so: 'ttft.p95 > 1.1x' of the baseline, 'ttft.p95 > 500ms', 'failures > 1%'"));
}

void bench_arguments::add_results_to(CLI::App& command) {
  add_files_to(command);
  never_empty(command.add_option("--save-calls", calls, "Write each call as a line of JSON"))
      ->type_name("FILE")
      ->group("Results");
  command.add_flag("--no-floor", no_floor_, "Do not measure weir's own overhead after the run")->group("Results");
  command.add_flag("--no-stream", whole_, "Ask for answers in one piece")->group("Load");
}

} // namespace weir::inline v0::cli
