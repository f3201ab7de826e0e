#include "tool/arguments/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace weir::inline v0::cli {

namespace {

constexpr std::size_t width = 100;
constexpr std::size_t left_width = 30;

std::string columns(std::string left, std::string_view right) {
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

// The command that was being parsed: chat in `weir chat --nonsense`.
const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.back());
}

std::string full_name(const CLI::App& app) {
  return app.get_parent() ? full_name(*app.get_parent()) + " " + app.get_name() : app.get_name();
}

std::string names_of(const CLI::App& app) {
  std::string names;
  for (const auto* command : app.get_subcommands(nullptr))
    names += (names.empty() ? "" : ", ") + command->get_name();
  return names;
}

} // namespace

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
  return columns(std::move(left), option->get_description());
}

std::string help_format::make_subcommand(const CLI::App* command) const {
  return columns("  " + command->get_name(), command->get_description());
}

std::string wrapped(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    if (column != 0 && column + 1 + word.size() > width) {
      out += '\n';
      column = 0;
    }
    if (column != 0)
      out += ' ';
    out += word;
    column += word.size() + (column != 0);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return out;
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
      what = fmt::format("unknown option {}", *option);
    else if (!command.get_subcommands(nullptr).empty())
      what = fmt::format("unknown command '{}'; the commands are {}", extras.front(), names_of(command));
    else
      what = fmt::format("unexpected argument '{}'", extras.front());
  } else if (!command.get_subcommands(nullptr).empty()) {
    what = fmt::format("a command is missing; the commands are {}", names_of(command));
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
