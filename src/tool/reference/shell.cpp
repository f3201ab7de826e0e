// weir completion, and what its scripts call.

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <weir/core/error.hpp>

#include "tool/arguments/help.hpp"
#include "tool/commands/commands.hpp"
#include "tool/output/output.hpp"
#include "tool/reference/completion.hpp"
#include "tool/reference/providers_table.hpp"

namespace weir::inline v0::cli {

namespace {

// Those of the configuration too, as far as that can be read: here is no place to complain about it.
std::vector<provider_row> known_providers() {
  loaded_options given;
  try {
    given = load_with_keys();
  } catch (const error&) {
  }
  return all_providers(given, [](const char* name) { return std::getenv(name); });
}

void print_candidates(const completions& found) {
  std::string text;
  for (const auto& c : found.words)
    text += fmt::format("{}\t{}\n", one_line(c.text), one_line(c.description));
  if (found.files)
    text += ":files\n";
  put(stdout, text);
}

void print_script(const std::string& shell) {
  const auto script = completion_script(shell);
  if (script.empty())
    throw error(errc::invalid_argument,
                fmt::format("there is no completion for '{}': the shells are bash, fish, zsh", shell));
  put(stdout, script);
}

} // namespace

void add_completion(CLI::App& app, int&) {
  auto* command = app.add_subcommand("completion", "Print a script that completes commands in bash, fish or zsh");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, fish or zsh")->required();
  command->footer("To complete weir in every new shell (packages of weir install these files):\n"
                  "  weir completion bash > ~/.local/share/bash-completion/completions/weir\n"
                  "  weir completion fish > ~/.config/fish/completions/weir.fish\n"
                  "  weir completion zsh > _weir      # in a folder of $fpath");
  command->callback([shell] { print_script(*shell); });

  auto* complete_words = app.add_subcommand("complete", "The words that may stand at the end of a command line");
  complete_words->group("");
  auto words = std::make_shared<std::vector<std::string>>();
  complete_words->add_option("WORDS", *words, "The words so far, after --");
  complete_words->callback([words, &app] { print_candidates(complete(app, *words, known_providers())); });
}

} // namespace weir::inline v0::cli
