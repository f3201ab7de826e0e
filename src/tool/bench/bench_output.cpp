#include "tool/bench/bench_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <weir/core/error.hpp>

#include "batch/output/output_writer.hpp"
#include "bench/record/record.hpp"
#include "client/files/place.hpp"
#include "tool/arguments/text_input.hpp"
#include "tool/batch/batch_places.hpp"
#include "tool/exit_code.hpp"
#include "tool/output/failure_words.hpp"
#include "tool/output/output.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace {

// What a report takes at most: a disk without that much room is full before the run, and not after it.
constexpr std::size_t room = std::size_t{1} << 20;

[[noreturn]] void refuse(std::string why) { throw error(errc::invalid_argument, std::move(why)); }

void check_room(const std::string& path) {
  check_output(path);
  if (place(path).is_channel())
    return;
  output_writer trial(path, {});
  trial.write(std::string(room, '\0'));
}

void write_result(const std::string& path, const std::string& content) {
  output_writer file(path, [] {
    if (signals::received() != 0)
      throw error(errc::cancelled, "a signal ended the wait");
  });
  file.write(content);
  file.commit();
}

std::string made(const bench_place& what, const bench_result& r) {
  if (what.option == "--report")
    return r.html();
  if (what.option == "--output")
    return r.json();
  if (what.option == "--csv")
    return r.csv();
  return what.option == "--export vllm" ? r.vllm() : r.aiperf();
}

bool is_stdout(const bench_place& p) { return p.path == "-" || p.path == "/dev/stdout"; }

} // namespace

std::vector<bench_place> places_of(const bench_arguments& args) {
  std::vector<bench_place> all;
  const auto add = [&all](const char* option, const std::string& path) {
    if (!path.empty())
      all.emplace_back(option, path);
  };
  add("--report", args.report);
  add("--output", args.output);
  add("--csv", args.csv);
  for (const auto& [form, path] : args.exports())
    all.emplace_back("--export " + form, path);
  add("--save-calls", args.calls);
  return all;
}

void check_places(const bench_arguments& args, const std::vector<std::string>& inputs) {
  const auto all = places_of(args);
  for (auto at = all.begin(); at != all.end(); ++at) {
    for (auto other = all.begin(); other != at; ++other)
      if (is_same_file(other->path, at->path))
        refuse(fmt::format("{} and {} cannot both be written to {}", other->option, at->option, at->path));
    for (const auto& in : inputs)
      if (is_same_file(in, at->path))
        refuse(fmt::format("{} is an input and would be overwritten: name another file for {}", in, at->option));
    check_room(at->path);
  }
}

bench_result read_result(const std::string& path) {
  try {
    return read_bench_result(read_file(path));
  } catch (const error& e) {
    if (e.failure().message().find(path) != std::string::npos)
      throw;
    refuse(fmt::format("{}: {}", path, e.failure().message()));
  }
}

std::optional<bench_result> baseline_of(const bench_arguments& args) {
  if (!args.baseline.empty())
    return read_result(args.baseline);
  for (const auto& check : args.checks())
    if (check.text().ends_with('x'))
      refuse(fmt::format("--fail-if '{}' compares with an earlier result: give --baseline FILE", check.text()));
  return std::nullopt;
}

bool write_results(const bench_arguments& args, const bench_result& r) {
  bool all = true;
  for (const auto& what : places_of(args)) {
    if (what.option == "--save-calls")
      continue;
    try {
      write_result(what.path, made(what, r));
    } catch (const error& e) {
      all = false;
      say(stderr, "weir: {}: {}\n", what.option, one_line(describe(e.failure())));
    }
  }
  return all;
}

std::vector<std::string> failed_checks(const bench_arguments& args, const bench_result& r, const bench_result* before) {
  std::vector<std::string> failed;
  for (const auto& check : args.checks()) {
    std::string why;
    try {
      why = check.failed(r, before);
    } catch (const error& e) {
      why = e.failure().message();
    }
    if (!why.empty())
      failed.push_back(fmt::format("--fail-if '{}': {}", check.text(), why));
  }
  return failed;
}

namespace {

// A comparison with another load is told: it says nothing of the target.
void tell_other_plan(const bench_result& r, const bench_result& before) {
  const auto& now = r.data();
  const auto& then = before.data();
  const auto model = [](const bench_result::record& of) {
    return of.targets.empty() ? std::string() : of.targets.front().model;
  };
  const auto tell = [](const char* what, const std::string& a, const std::string& b) {
    if (a != b)
      say(stderr, "weir: the baseline has another {}: {}, and this run {}\n", what, one_line(b), one_line(a));
  };
  tell("load", now.load, then.load);
  tell("kind of prompts", now.prompts, then.prompts);
  tell("model", model(now), model(then));
}

// Of several targets one that has answered nothing.
bool has_dead_target(const bench_result& r) {
  bool dead = false;
  for (std::size_t i = 0; i < r.targets(); ++i)
    if (r.calls(i) > 0 && r.succeeded(i) == 0) {
      dead = true;
      say(stderr, "weir: {} answered none of its {} calls\n", one_line(r.data().targets[i].name), r.calls(i));
    }
  return dead;
}

} // namespace

int tell_result(const bench_arguments& args, const bench_result& r, const bench_result* before,
                const std::string& folder) {
  const auto places = places_of(args);
  const bool taken = args.common.json || std::any_of(places.begin(), places.end(), is_stdout);
  if (!args.common.quiet)
    print(taken ? stderr : stdout, "{}", r.text());
  const bool written = write_results(args, r);
  if (args.common.json)
    print(stdout, "{}\n", r.json());
  for (const auto& what : places)
    if (written && what.option == "--report" && !is_stdout(what) && !args.common.quiet)
      say(stderr, "The report is in {}{}\n", what.path.starts_with('/') ? "" : folder, what.path);
  if (before && !args.common.quiet)
    tell_other_plan(r, *before);
  const bool dead = has_dead_target(r);
  const auto failed = failed_checks(args, r, before);
  for (const auto& line : failed)
    say(stderr, "weir: {}\n", one_line(line));
  if (const int by = signals::received() != 0 ? signals::received() : signals::wants_end())
    return 128 + by;
  if (!written)
    return exit_code::broken_off;
  return r.valid() && r.complete() && failed.empty() && !dead ? exit_code::complete : exit_code::beyond_limits;
}

} // namespace weir::inline v0::cli
