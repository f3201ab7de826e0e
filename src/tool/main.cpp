// The weir command.
#include <CLI/CLI.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/error.hpp>

#include "tool/arguments/help.hpp"
#include "tool/bench/vllm_flags.hpp"
#include "tool/commands/commands.hpp"
#include "tool/exit_code.hpp"
#include "tool/output/output.hpp"
#include "tool/session.hpp"

namespace {

// Ends as SIGPIPE would have ended it; it was ignored only to leave time to clean up.
int end_as_filter() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  return weir::cli::exit_code::reader_left;
}

// Rejects `--model=`: CLI11 would take the next argument as its value.
void refuse_without_value(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view given(argv[i]);
    if (given == "--")
      return;
    if (given.starts_with("--") && given.find('=') == given.size() - 1)
      throw weir::error(weir::errc::invalid_argument, std::string(given) + " has no value");
  }
}

// `--continue FILE` as `--continue=FILE`: its value is optional, so that CLI11 takes only the second form. The word
// after it is a prompt if it names no file and cannot be meant as one.
std::vector<std::string> with_joined_values(int argc, char** argv) {
  std::vector<std::string> words;
  for (int i = 0; i < argc; ++i) {
    const std::string_view word(argv[i]);
    const bool joins = !words.empty() && words.back() == "--continue" && !word.empty() && !word.starts_with('-');
    const bool file = joins && (::access(argv[i], F_OK) == 0 || word.ends_with(".json"));
    if (file)
      words.back().append("=").append(word);
    else
      words.emplace_back(word);
    if (word == "--") {
      words.insert(words.end(), argv + i + 1, argv + argc);
      break;
    }
  }
  return words;
}

int run(CLI::App& app, int argc, char** argv, const int& code) {
  namespace cli = weir::cli;
  try {
    refuse_without_value(argc, argv);
    const auto words = cli::with_vllm_flags(with_joined_values(argc, argv));
    std::vector<const char*> given;
    for (const auto& word : words)
      given.push_back(word.c_str());
    app.parse(static_cast<int>(given.size()), given.data());
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) {
      std::ostringstream text;
      app.exit(e, text, text);
      cli::put(stdout, text.str());
      return cli::exit_code::complete;
    }
    cli::say(stderr, "weir: {}\n", cli::describe(app, e));
    return cli::exit_code::usage_error;
  } catch (const weir::error& e) {
    return cli::report(e.failure());
  }
  return code;
}

class command {
public:
  std::string_view name;
  void (*add)(CLI::App&, int&);
};
constexpr command commands[] = {
    {"chat", weir::cli::add_chat},           {"run", weir::cli::add_run},
    {"explain", weir::cli::add_explain},     {"models", weir::cli::add_models},
    {"providers", weir::cli::add_providers}, {"endpoint", weir::cli::add_endpoint},
    {"check", weir::cli::add_check},         {"batch", weir::cli::add_batch},
    {"bench", weir::cli::add_bench},         {"cache", weir::cli::add_cache},
    {"cost", weir::cli::add_cost},           {"sim", weir::cli::add_sim},
};

// All of them with their options take longer to set up than the program to start: the one that is named does without
// the others. What else comes first may be about all.
void add_commands(CLI::App& app, int& code, std::string_view first) {
  for (const auto& one : commands)
    if (one.name == first)
      return one.add(app, code);
  for (const auto& one : commands)
    one.add(app, code);
  weir::cli::add_completion(app, code);
  for (auto* one : app.get_subcommands([](const CLI::App* each) { return !each->get_group().empty(); }))
    one->group("Commands");
  weir::cli::add_man(app, code);
}

} // namespace

int main(int argc, char** argv) {
  weir::cli::open_standard_files();
  // If stdout's reader is gone a job must still be cancelled, and if stderr's is gone that does not matter.
  std::signal(SIGPIPE, SIG_IGN);
  // Beyond `ulimit -f` writing fails as on a full disk, with what was written before kept and told.
  std::signal(SIGXFSZ, SIG_IGN);

  CLI::App app("A client for LLM inference providers.", "weir");
  app.formatter(std::make_shared<weir::cli::help_format>());
  app.set_help_flag("-h,--help", "Print this help");
  app.require_subcommand(1);
  app.set_version_flag("--version", "weir " WEIR_VERSION)->description("Print the version");
  int code = 0;
  add_commands(app, code, argc > 1 ? argv[1] : "");
  app.footer("Keys come from the environment: HF_TOKEN, or a vendor's own, such as GROQ_API_KEY with -p groq.\n"
             "Results go to stdout, everything else to stderr.\n\n"
             "Exit codes: 0 complete, 2 usage, 3 configuration (such as no key), 4 refused, 5 transient\n"
             "failure, 6 deadline or stall, 7 truncated or not written, 8 over budget, 9 some items of a batch\n"
             "failed, 10 a benchmark beyond its limits, or invalid, 129, 130, 143 ended by SIGHUP, SIGINT,\n"
             "SIGTERM, 141 stdout closed by its reader.\n\nExamples:\n"
             "  weir chat -m openai/gpt-oss-120b 'Why is the sky blue?'\n"
             "  git diff | weir chat -m openai/gpt-oss-120b 'Review this'");
  try {
    code = run(app, argc, argv, code);
  } catch (const std::exception&) {
    code = weir::cli::report(std::current_exception());
  }
  return code == weir::cli::exit_code::reader_left ? end_as_filter() : code;
}
