#include "tool/bench/bench_output.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
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
#include "tool/output/terminal.hpp"
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

bool is_missing(const std::string& path) { return ::access(path.c_str(), F_OK) != 0 && errno == ENOENT; }

// Whether this run is the first one, which writes what the next ones are compared with.
bool makes_baseline(const bench_arguments& args) { return args.makes_baseline && is_missing(args.baseline); }

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
  if (args.common.json && std::any_of(all.begin(), all.end(), is_stdout))
    refuse(fmt::format("--json and {} are both written to stdout",
                       std::find_if(all.begin(), all.end(), is_stdout)->option));
  if (makes_baseline(args))
    check_room(args.baseline);
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
  if (makes_baseline(args))
    return std::nullopt;
  if (!args.baseline.empty() && is_missing(args.baseline))
    refuse(fmt::format("--baseline: there is no {} yet: --make-baseline writes it in a first run", args.baseline));
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
    if (!before && args.makes_baseline && check.text().ends_with('x'))
      continue;
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
    if (a != b && !a.empty() && !b.empty())
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

std::size_t columns_for(std::FILE* out) { return ::isatty(::fileno(out)) == 1 ? width_of(out) : 0; }

namespace {

// A run that could not be trusted would be the measure of all that follow.
bool wrote_baseline(const bench_arguments& args, const bench_result& r, bool good) {
  if (!good) {
    say(stderr, "weir: {} is not written: a baseline is a valid and complete run that passes its own checks\n",
        args.baseline);
    return true;
  }
  try {
    write_result(args.baseline, r.json());
  } catch (const error& e) {
    say(stderr, "weir: --baseline: {}\n", one_line(describe(e.failure())));
    return false;
  }
  if (!args.common.quiet)
    say(stderr, "The baseline is written to {}: nothing was compared\n", args.baseline);
  return true;
}

} // namespace

int tell_result(const bench_arguments& args, const bench_result& r, const bench_result* before,
                const std::string& folder) {
  const auto places = places_of(args);
  const bool taken = args.common.json || std::any_of(places.begin(), places.end(), is_stdout);
  if (!args.common.quiet)
    print(taken ? stderr : stdout, "{}", r.text(columns_for(taken ? stderr : stdout)));
  bool written = write_results(args, r);
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
  const bool good = r.valid() && r.complete() && failed.empty() && !dead;
  if (makes_baseline(args))
    written = wrote_baseline(args, r, good) && written;
  if (const int by = signals::received() != 0 ? signals::received() : signals::wants_end())
    return 128 + by;
  if (!written)
    return exit_code::broken_off;
  return good ? exit_code::complete : exit_code::beyond_limits;
}

} // namespace weir::inline v0::cli
