// Completion of a command line, from the same description of the command that its help is made of.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "tool/reference/providers_table.hpp"

namespace weir::inline v0::cli {

/// A word that may stand in the place of the one being completed.
class candidate {
public:
  candidate(std::string text, std::string description) : text(std::move(text)), description(std::move(description)) {}
  /// One that ends in `=` or `/` is not complete.
  std::string text;
  std::string description; ///< One line, or empty.
};

/// What may stand at the end of a command line.
class completions {
public:
  completions() = default;
  std::vector<candidate> words;
  bool files = false; ///< Names of files, which shells complete themselves.
};

/// Completes the last of `words`, the command line without the command's own name; empty begins a new word. Reads a
/// folder only for a word that begins with `@`, 1,000 names at most. What cannot be completed has no candidates.
/// `providers`: those to choose from, where one is wanted.
completions complete(const CLI::App& root, const std::vector<std::string>& words,
                     const std::vector<provider_row>& providers);

/// The script that makes a shell complete `weir` by calling it: for `bash`, `fish` or `zsh`; empty for others.
std::string_view completion_script(std::string_view shell) noexcept;

} // namespace weir::inline v0::cli
