// The format of help texts and usage errors.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::cli {

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
/// swallows the prompt after it.
CLI::Option* repeatable(CLI::Option* option);

/// An option whose value must not be empty: with an unset variable, `--base-url "$URL"` would count as not given, and
/// the call would go elsewhere.
CLI::Option* never_empty(CLI::Option* option);

/// An option that takes a decimal whole number in this range. CLI11 alone clamps a number that is too large, and reads
/// 010 as 8.
CLI::Option* whole_number(CLI::Option* option, std::int64_t min, std::uint64_t max);

/// Whether the option is one with a value that may be left out: `--cache[=DIR]`.
bool has_optional_value(const CLI::Option& option);

/// How the value of an option follows its name: ` FILE`; `[=DIR]` where it may be left out.
std::string value_form(const CLI::Option& option);

/// `weir chat`: the names of a command and of those that it belongs to.
std::string full_name(const CLI::App& command);

/// What the commands of this one are: `task`, as those of weir explain, or `command`.
std::string_view noun_of(const CLI::App& app);

/// One line that says what is wrong with the command line, and which help to read.
std::string describe(const CLI::App& app, const CLI::ParseError& e);

/// `; did you mean NAME?`, with the one of `known` that `given` is nearest to; empty if none is near.
std::string did_you_mean(std::string_view given, const std::vector<std::string_view>& known);

/// `a, b or c`.
std::string any_of(const std::vector<std::string_view>& words);

/// The lines of a help text about one thing: what it is on the left, what it means on the right, wrapped.
std::string in_columns(std::string left, std::string_view right);

/// Text in lines of at most 100 columns.
std::string wrapped(std::string_view text);

/// The same, two columns to the right, each line with its end.
std::string indented(std::string_view text);

} // namespace weir::inline v0::cli
