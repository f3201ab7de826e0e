#include "tool/bench/bench_run.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include <weir/core/error.hpp>

#include "tool/arguments/common.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/text_input.hpp"
#include "tool/batch/batch_places.hpp"
#include "tool/bench/bench_output.hpp"
#include "tool/bench/bench_session.hpp"
#include "tool/bench/command_line.hpp"
#include "tool/bench/option_rules.hpp"
#include "tool/bench/suite.hpp"
#include "tool/bench/suite_table.hpp"
#include "tool/exit_code.hpp"
#include "tool/output/output.hpp"
#include "tool/session.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace {

// A scenario whose command line is understood.
class ready {
public:
  std::string name;
  std::string command;
  std::unique_ptr<bench_arguments> args;
  std::optional<bench_result> before;
};

void parse(const scenario& s, bench_arguments& to) {
  CLI::App app("", "weir bench");
  app.set_help_flag();
  to.add_to(app);
  auto words = s.words;
  std::reverse(words.begin(), words.end()); // as CLI11 takes them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& e) {
    throw error(errc::invalid_argument, describe(app, e));
  }
  check_options(app);
}

std::string command_of(const scenario& s) {
  std::vector<std::string> words{"weir", "bench"};
  words.insert(words.end(), s.words.begin(), s.words.end());
  return shown_command(words);
}

// Reads and checks one, up to its prompts.
ready prepared(const scenario& s) {
  ready r;
  r.name = s.name;
  r.command = command_of(s);
  r.args = std::make_unique<bench_arguments>();
  parse(s, *r.args);
  r.before = baseline_of(*r.args);
  check_places(*r.args, r.args->inputs());
  bench_session(*r.args, {}).check_prompts();
  return r;
}

// The scenarios of a file, from whose folder they run.
class suite_run {
public:
  suite_run(const std::string& path, const std::vector<std::string>& options)
      : path_(path), folder_(path.substr(0, path.rfind('/') + 1)), options_(options) {}

  int run(const std::vector<std::string>& only) {
    read(only);
    for (std::size_t i = 0; i < all_.size(); ++i)
      run_one(i);
    const auto is_quiet = [](const ready& r) { return r.args->common.quiet; };
    const auto has_taken = [](const ready& r) { return r.args->common.json; };
    auto* out = std::any_of(all_.begin(), all_.end(), has_taken) ? stderr : stdout;
    if (!std::all_of(all_.begin(), all_.end(), is_quiet))
      print(out, "\n{}", suite_table(rows_, columns_for(out)));
    return code_;
  }

private:
  void read(const std::vector<std::string>& only);
  void check_apart(const ready& next) const;
  void run_one(std::size_t i);
  [[noreturn]] void refuse(const std::string& scenario, const error& e) const {
    const auto where = scenario.empty() ? path_ + ": " : fmt::format("{}: {}: ", path_, scenario);
    throw error(failure(e.failure()).message(where + with_members(e.failure().message(), options_)));
  }

  const std::string path_, folder_;
  const std::vector<std::string> options_; // of the command line, each in one word
  std::vector<ready> all_;
  std::vector<suite_row> rows_;
  int code_ = 0;
};

void suite_run::read(const std::vector<std::string>& only) {
  const auto text = read_text("@" + path_);
  std::vector<scenario> suite;
  try {
    suite = chosen(read_suite(text), only);
  } catch (const error& e) {
    refuse({}, e);
  }
  if (!folder_.empty() && ::chdir(folder_.c_str()) != 0)
    throw error(errc::invalid_argument, fmt::format("cannot work in {}: {}", folder_, std::strerror(errno)));
  for (auto& s : suite)
    try {
      replace_options(s, options_);
      name_files(s);
      auto next = prepared(s);
      check_apart(next);
      all_.push_back(std::move(next));
    } catch (const error& e) {
      refuse(s.name, e);
    }
}

void suite_run::check_apart(const ready& next) const {
  for (const auto& mine : places_of(*next.args))
    for (const auto& other : all_)
      for (const auto& theirs : places_of(*other.args))
        if (is_same_file(mine.path, theirs.path))
          throw error(errc::invalid_argument, fmt::format("{} {} is where {} writes: each scenario needs its own, as "
                                                          "with {{name}} in it",
                                                          mine.option, mine.path, other.name));
}

// What is worse: a signal, then what kept a scenario from its end, then limits.
int worse(int a, int b) noexcept {
  const auto rank = [](int code) {
    return code == exit_code::complete ? 0 : code == exit_code::beyond_limits ? 1 : code < 128 ? 2 : 3;
  };
  return rank(b) > rank(a) ? b : a;
}

std::string word_for(int code, const bench_result& r) {
  if (code == exit_code::complete)
    return "passed";
  if (code >= 128)
    return "stopped";
  return !r.valid() ? "invalid" : code == exit_code::beyond_limits ? "failed" : "error";
}

void suite_run::run_one(std::size_t i) {
  const auto& one = all_[i];
  if (signals::received() != 0 || signals::wants_end() != 0) {
    rows_.emplace_back(one.name, "not run", std::nullopt);
    return;
  }
  const bool taken = one.args->common.json;
  if (!one.args->common.quiet)
    print(taken ? stderr : stdout, "{}{} ({} of {})\n", i == 0 ? "" : "\n", one_line(one.name), i + 1, all_.size());
  int code = 0;
  std::optional<bench_result> result;
  try {
    bench_session session(*one.args, one.command);
    result.emplace(session.run());
    code = tell_result(*one.args, *result, one.before ? &*one.before : nullptr, folder_);
    session.finish_calls();
    rows_.emplace_back(one.name, word_for(code, *result), result);
  } catch (const error& e) {
    code = report(e.failure());
    rows_.emplace_back(one.name, "error", result);
  }
  code_ = worse(code_, code);
}

} // namespace

int run_bench_once(const bench_arguments& args, const std::string& command) {
  const auto before = baseline_of(args);
  bench_session session(args, command);
  check_places(args, args.inputs());
  const auto r = session.run();
  const int code = tell_result(args, r, before ? &*before : nullptr);
  session.finish_calls();
  return code;
}

int run_bench_suite(const std::string& path, const std::vector<std::string>& only,
                    const std::vector<std::string>& options) {
  return suite_run(path, options).run(only);
}

} // namespace weir::inline v0::cli
