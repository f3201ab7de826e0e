// How help texts and usage errors look.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::cli {

/// Aligned options, descriptions wrapped at 100 columns.
class help_format : public CLI::Formatter {
public:
  help_format();
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
};

/// An option that may be repeated and takes one value each time, so that it never
/// takes the prompt behind it.
CLI::Option* repeatable(CLI::Option* option);

/// An option whose value may not be empty: `--base-url "$URL"` without that variable would be as if it were left out,
/// and the call would go elsewhere.
CLI::Option* never_empty(CLI::Option* option);

/// An option that takes a whole number of this range, in decimal. CLI11 takes what is too large for the largest number,
/// and 010 for 8.
CLI::Option* whole_number(CLI::Option* option, std::int64_t min, std::uint64_t max);

/// One line on what is wrong with the command line and where to read on.
std::string describe(const CLI::App& app, const CLI::ParseError& e);

/// Text in lines of at most 100 columns.
std::string wrapped(std::string_view text);

} // namespace weir::cli
