// The weir command.
#include <CLI/CLI.hpp>

#include <weir/core/error.hpp>

#include "tool/commands.hpp"
#include "tool/exit_code.hpp"
#include "tool/session.hpp"

int main(int argc, char** argv) {
  CLI::App app("Talks to LLM inference providers: chats, other tasks, and a simulated provider.\n"
               "Keys come from the environment: HF_TOKEN, or a vendor's own variable such as GROQ_API_KEY.",
               "weir");
  app.require_subcommand(1);
  app.set_version_flag("--version", "weir " WEIR_VERSION);
  app.set_help_all_flag("--help-all", "Help for every command");
  int code = 0;
  weir::cli::add_chat(app, code);
  weir::cli::add_run(app, code);
  weir::cli::add_explain(app);
  weir::cli::add_sim(app, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : weir::cli::exit_code::usage_error;
  } catch (const weir::error& e) {
    return weir::cli::report(e.failure(), false);
  }
  return code;
}
