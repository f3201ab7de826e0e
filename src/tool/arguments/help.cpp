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
  const auto noun = noun_of(app);
  return meant.empty() ? fmt::format("unknown {0} '{1}'; the {0}s are {2}", noun, given, fmt::join(known, ", "))
                       : fmt::format("unknown {} '{}'{}", noun, given, meant);
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

// CLI11's words in the command's own. \param text `NAME…`, or a few words and NAME.
std::string parse_problem(const CLI::App& command, std::string text) {
  const auto cut = [&text](std::string_view end) {
    const auto at = text.find(end);
    return at == text.npos ? std::string() : text.substr(0, at);
  };
  constexpr std::string_view conversion = "Could not convert: ";
  if (text.starts_with(conversion))
    return text.replace(0, conversion.size(), "cannot use ");
  if (const auto name = cut(": At Most 1 required"); !name.empty())
    return name + " is given more than once";
  if (const auto name = cut(": 1 required"); !name.empty())
    return fmt::format("{} needs a value", name);
  if (const auto name = cut(" is required"); !name.empty()) {
    const auto* option = command.get_option_no_throw(name);
    return fmt::format("{} is missing: {}", name, option ? option->get_description() : "give it");
  }
  if (const auto name = cut(" requires "); !name.empty())
    return fmt::format("{} needs {}", name, text.substr(name.size() + 10));
  if (const auto name = cut(" excludes "); !name.empty())
    return fmt::format("{} and {} exclude each other", name, text.substr(name.size() + 10));
  return text;
}

} // namespace

std::string_view noun_of(const CLI::App& app) {
  const auto all = app.get_subcommands(nullptr);
  return !all.empty() && all.front()->get_group() == "Tasks" ? "task" : "command";
}

std::string full_name(const CLI::App& app) {
  return app.get_parent() ? full_name(*app.get_parent()) + " " + app.get_name() : app.get_name();
}

bool has_optional_value(const CLI::Option& option) { return option.get_type_name().starts_with('['); }

std::string value_form(const CLI::Option& option) {
  const auto type = option.get_type_name();
  return has_optional_value(option) ? "[=" + type.substr(1) : " " + type;
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
  auto text = Formatter::make_usage(app, full_name(*app));
  if (const auto at = text.find(" COMMAND"); at != text.npos && noun_of(*app) == "task")
    text.replace(at, 8, " TASK");
  return text;
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
      left += value_form(*option);
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

std::string any_of(const std::vector<std::string_view>& words) {
  std::string all;
  for (std::size_t i = 0; i < words.size(); ++i)
    all.append(i == 0 ? "" : i + 1 == words.size() ? " or " : ", ").append(words[i]);
  return all;
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
  const bool has_commands = command.get_require_subcommand_min() > 0;
  if (!extras.empty()) {
    const auto option = std::find_if(extras.begin(), extras.end(), [](const auto& a) { return a.starts_with('-'); });
    // What follows an unknown command are its options.
    if (has_commands && option != extras.begin())
      what = unknown_command(command, extras.front());
    else if (option != extras.end())
      what = unknown_option(command, *option);
    else
      what = fmt::format("unexpected argument '{}'", extras.front());
  } else if (has_commands) {
    what = fmt::format("a {0} is missing; the {0}s are {1}", noun_of(command), fmt::join(commands_of(command), ", "));
  } else {
    what = parse_problem(command, e.what());
  }
  std::replace(what.begin(), what.end(), '\n', ' ');
  return fmt::format("{}: see {} --help", what, full_name(command));
}

} // namespace weir::inline v0::cli
