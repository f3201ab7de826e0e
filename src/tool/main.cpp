// The weir command.
#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include <weir/core/error.hpp>

#include "tool/commands.hpp"
#include "tool/exit_code.hpp"
#include "tool/help.hpp"
#include "tool/session.hpp"

int main(int argc, char** argv) {
  // So that `weir chat | head -1` ends quietly, also where the parent ignores the signal.
  std::signal(SIGPIPE, SIG_DFL);

  CLI::App app("Talks to LLM inference providers.", "weir");
  app.formatter(std::make_shared<weir::cli::help_format>());
  app.set_help_flag("-h,--help", "Print this help");
  app.require_subcommand(1);
  app.set_version_flag("--version", "weir " WEIR_VERSION)->description("Print the version");
  int code = 0;
  weir::cli::add_chat(app, code);
  weir::cli::add_run(app, code);
  weir::cli::add_explain(app, code);
  weir::cli::add_models(app, code);
  weir::cli::add_endpoint(app, code);
  weir::cli::add_check(app, code);
  weir::cli::add_sim(app, code);
  for (auto* command : app.get_subcommands(nullptr))
    command->group("Commands");
  app.footer("Keys come from the environment: HF_TOKEN, or a vendor's own variable such as GROQ_API_KEY.\n"
             "Results go to stdout, everything else to stderr.\n\n"
             "Exit codes: 0 complete, 2 usage, 3 configuration (such as no key), 4 refused, 5 transient\n"
             "failure, 6 deadline or stall, 7 the answer broke off, 8 over budget, 130 interrupted.\n\nExamples:\n"
             "  weir chat -m openai/gpt-oss-120b 'Why is the sky blue?'\n"
             "  git diff | weir chat -m openai/gpt-oss-120b --system 'Review this change' -");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0)
      return app.exit(e);
    fmt::print(stderr, "weir: {}\n", weir::cli::describe(app, e));
    return weir::cli::exit_code::usage_error;
  } catch (const weir::error& e) {
    return weir::cli::report(e.failure());
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    std::perror("weir: cannot write to stdout");
    return weir::cli::exit_code::broken_off;
  }
  return code;
}
