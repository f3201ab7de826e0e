#include "tool/arguments/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "codec/text/nearest.hpp"

namespace weir::inline v0::cli {

namespace {

constexpr std::size_t width = 100;
constexpr std::size_t left_width = 30;

// The command that was being parsed: chat in `weir chat --nonsense`.
const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.back());
}

// The commands that the help lists, by name.
std::vector<std::string_view> commands_of(const CLI::App& app) {
  std::vector<std::string_view> names;
  for (const auto* command : app.get_subcommands(nullptr))
    if (!command->get_group().empty())
      names.push_back(command->get_name());
  return names;
}

std::string unknown_command(const CLI::App& app, const std::string& given) {
  const auto known = commands_of(app);
  const auto meant = did_you_mean(given, known);
  return meant.empty() ? fmt::format("unknown command '{}'; the commands are {}", given, fmt::join(known, ", "))
                       : fmt::format("unknown command '{}'{}", given, meant);
}

// The name alone: the value may be a secret.
std::string unknown_option(const CLI::App& app, const std::string& given) {
  const auto name = given.substr(0, given.find('='));
  if (app.get_option_no_throw(name))
    return fmt::format("{0} goes after the command, as in {1} {0}", name, full_name(app));
  std::vector<std::string> known;
  for (const auto* option : app.get_options())
    for (const auto& one : option->get_lnames())
      known.push_back("--" + one);
  return fmt::format("unknown option {}{}", name, did_you_mean(name, {known.begin(), known.end()}));
}

} // namespace

std::string full_name(const CLI::App& app) {
  return app.get_parent() ? full_name(*app.get_parent()) + " " + app.get_name() : app.get_name();
}

help_format::help_format() {
  label("OPTIONS", "OPTION...");
  label("SUBCOMMAND", "COMMAND");
  label("Positionals", "Arguments");
}

std::string help_format::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  auto text = Formatter::make_help(app, std::move(name), mode);
  for (auto at = text.find("\n\n\n"); at != std::string::npos; at = text.find("\n\n\n", at))
    text.erase(at, 1);
  while (text.ends_with("\n\n"))
    text.pop_back();
  return text;
}

std::string help_format::make_usage(const CLI::App* app, std::string) const {
  return Formatter::make_usage(app, full_name(*app));
}

std::string help_format::make_option(const CLI::Option* option, bool is_positional) const {
  std::string left = "  ";
  if (is_positional) {
    left += option->get_name(true, false);
  } else {
    const auto& shorts = option->get_snames();
    const auto& longs = option->get_lnames();
    left += shorts.empty() ? "    " : "-" + shorts.front() + (longs.empty() ? "" : ", ");
    if (!longs.empty())
      left += "--" + longs.front();
    if (option->get_type_size() != 0)
      left += " " + option->get_type_name();
  }
  return in_columns(std::move(left), option->get_description());
}

std::string help_format::make_subcommand(const CLI::App* command) const {
  return in_columns("  " + command->get_name(), command->get_description());
}

std::string in_columns(std::string left, std::string_view right) {
  std::string out;
  if (left.size() > left_width) {
    out = left + "\n";
    left.clear();
  }
  left.resize(left_width, ' ');
  while (!right.empty()) {
    const auto space = std::min(right.find(' '), right.size());
    if (left.size() + 1 + space > width) {
      out += left + "\n";
      left.assign(left_width, ' ');
    }
    left.append(" ").append(right.substr(0, space));
    right.remove_prefix(std::min(space + 1, right.size()));
  }
  return out + left + "\n";
}

std::string did_you_mean(std::string_view given, const std::vector<std::string_view>& known) {
  const auto meant = codec::nearest(given, known);
  return meant.empty() ? std::string() : fmt::format("; did you mean {}?", meant);
}

namespace {

// Lines without their ends, each after `margin`.
std::vector<std::string> lines_of(std::string_view text, std::string_view margin) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    if (lines.empty() || lines.back().size() + 1 + word.size() > width)
      lines.emplace_back(margin).append(word);
    else
      lines.back().append(" ").append(word);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return lines;
}

} // namespace

std::string wrapped(std::string_view text) { return fmt::format("{}", fmt::join(lines_of(text, ""), "\n")); }

std::string indented(std::string_view text) {
  return text.empty() ? std::string() : fmt::format("{}\n", fmt::join(lines_of(text, "  "), "\n"));
}

CLI::Option* repeatable(CLI::Option* option) { return option->take_all()->allow_extra_args(false); }

CLI::Option* never_empty(CLI::Option* option) {
  const auto problem = [](const std::string& text) {
    return text.empty() ? std::string("must not be empty") : std::string();
  };
  return option->check(CLI::Validator(problem, ""));
}

CLI::Option* whole_number(CLI::Option* option, std::int64_t min, std::uint64_t max) {
  const auto problem = [min, max](const std::string& text) {
    const auto* end = text.data() + text.size();
    std::int64_t low = 0;
    std::uint64_t high = 0;
    const auto below = std::from_chars(text.data(), end, low);
    const auto above = std::from_chars(text.data(), end, high);
    const bool decimal = text.size() < 2 || text[0] != '0';
    const bool negative = below.ec == std::errc() && below.ptr == end && low < 0;
    const bool fits = negative ? low >= min
                               : above.ec == std::errc() && above.ptr == end && high <= max &&
                                     (min <= 0 || high >= static_cast<std::uint64_t>(min));
    return fits && decimal ? std::string() : fmt::format("'{}' is not a whole number from {} to {}", text, min, max);
  };
  return option->check(CLI::Validator(problem, ""));
}

std::string describe(const CLI::App& app, const CLI::ParseError& e) {
  const auto& command = innermost(app);
  std::string what;
  const auto extras = app.remaining(true);
  if (!extras.empty()) {
    const auto option = std::find_if(extras.begin(), extras.end(), [](const auto& a) { return a.starts_with('-'); });
    if (option != extras.end())
      what = unknown_option(command, *option);
    else if (!command.get_subcommands(nullptr).empty())
      what = unknown_command(command, extras.front());
    else
      what = fmt::format("unexpected argument '{}'", extras.front());
  } else if (!command.get_subcommands(nullptr).empty()) {
    what = fmt::format("a command is missing; the commands are {}", fmt::join(commands_of(command), ", "));
  } else {
    what = e.what();
    constexpr std::string_view conversion = "Could not convert: ";
    if (what.starts_with(conversion))
      what.replace(0, conversion.size(), "cannot use ");
    if (const auto at = what.find(": At Most 1 required"); at != std::string::npos)
      what.replace(at, std::string::npos, " is given more than once");
  }
  std::replace(what.begin(), what.end(), '\n', ' ');
  return fmt::format("{}: see {} --help", what, full_name(command));
}

} // namespace weir::inline v0::cli
