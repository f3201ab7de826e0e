#include "tool/reference/man_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tool/arguments/help.hpp"
#include "tool/arguments/parameters.hpp"

namespace weir::inline v0::cli {

namespace {

// A text as roff shows it: a backslash is not an escape, a hyphen stays one that can be searched for, and no line is a
// request.
std::string escaped(std::string_view text) {
  std::string out;
  bool at_line_start = true;
  for (const char c : text) {
    if (at_line_start && (c == '.' || c == '\''))
      out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '`')
      out += "\\(ga";
    else if (c == '^')
      out += "\\(ha";
    else if (c == '~')
      out += "\\(ti";
    else
      out += c;
    at_line_start = c == '\n';
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escaped(text) + "\\fR"; }

std::string upper(std::string text) {
  for (auto& c : text)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string item(const std::string& tag, std::string_view text) {
  return fmt::format(".TP\n{}\n{}\n", tag, escaped(text));
}

std::vector<const CLI::App*> commands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); });
}

std::vector<const CLI::Option*> options_of(const CLI::App& command, bool arguments) {
  return command.get_options([arguments](const CLI::Option* o) {
    return o->get_positional() == arguments && !o->get_group().empty() &&
           o->get_lnames() != std::vector<std::string>{"help"};
  });
}

std::string tag_of(const CLI::Option& o) {
  std::string tag;
  for (const auto& name : o.get_snames())
    tag += (tag.empty() ? "" : ", ") + bold("-" + name);
  for (const auto& name : o.get_lnames())
    tag += (tag.empty() ? "" : ", ") + bold("--" + name);
  if (has_optional_value(o) || o.get_items_expected_max() > 0)
    tag += italic(value_form(o));
  return tag;
}

// By group, in the order of the help. `left_out`: those that are described elsewhere.
std::string options_section(const CLI::App& command, const std::set<std::string>& left_out) {
  std::string text, last_group;
  const auto all = options_of(command, false);
  for (const auto& group : command.get_groups())
    for (const auto* o : all) {
      if (o->get_group() != group || left_out.contains(o->get_name()))
        continue;
      if (group != last_group && group != "Options")
        text += fmt::format(".SS {}\n", escaped(group));
      last_group = group;
      text += item(tag_of(*o), o->get_description());
    }
  return text;
}

std::string arguments_section(const CLI::App& command) {
  std::string text;
  for (const auto* o : options_of(command, true))
    text += item(italic(o->get_name()), o->get_description());
  return text;
}

std::string synopsis(const CLI::App& command) {
  auto text = bold(full_name(command)) + " [" + italic("OPTION") + "...]";
  for (const auto* o : options_of(command, true)) {
    const auto name = italic(o->get_name()) + (o->get_expected_max() > 1 ? "..." : "");
    text += o->get_required() ? " " + name : " [" + name + "]";
  }
  if (!commands_of(command).empty())
    text += " " + italic(upper(std::string(noun_of(command))));
  return text + "\n";
}

std::set<std::string> names_of(const std::vector<const CLI::Option*>& options) {
  std::set<std::string> names;
  for (const auto* o : options)
    names.insert(o->get_name());
  return names;
}

// The options that all of a command's own commands have, so that they are described once.
std::set<std::string> shared_options(const std::vector<const CLI::App*>& commands) {
  std::set<std::string> shared;
  for (const auto* c : commands) {
    const auto names = names_of(options_of(*c, false));
    if (c == commands.front())
      shared = names;
    else
      std::erase_if(shared, [&names](const std::string& n) { return !names.contains(n); });
  }
  return shared;
}

std::string shared_section(const CLI::App& command, const std::set<std::string>& shared) {
  auto others = names_of(options_of(command, false));
  std::erase_if(others, [&shared](const std::string& n) { return shared.contains(n); });
  return options_section(command, others);
}

// What is particular to each of a command's own commands. Those that take the same are described together.
std::string nested_sections(const std::vector<const CLI::App*>& commands, const std::set<std::string>& shared) {
  std::vector<std::pair<std::string, std::string>> sections; // names, text
  for (const auto* c : commands) {
    const auto text = arguments_section(*c) + options_section(*c, shared);
    if (text.empty())
      continue;
    const auto same =
        std::find_if(sections.begin(), sections.end(), [&text](const auto& s) { return s.second == text; });
    if (same != sections.end())
      same->first += ", " + c->get_name();
    else
      sections.emplace_back(c->get_name(), text);
  }
  std::string all;
  for (auto& [names, text] : sections) {
    for (auto at = text.find(".SS "); at != std::string::npos; at = text.find(".SS "))
      text.erase(at, text.find('\n', at) + 1 - at);
    all += fmt::format(".SH {} OPTIONS\n{}", escaped(upper(names)), text);
  }
  return all;
}

std::string parameters_section() {
  std::string text = ".SH PARAMETERS\nFor " + bold("--param") + ", by task.\n";
  for (const auto what : all_task_kinds()) {
    if (parameters_of(what).empty())
      continue;
    text += fmt::format(".SS {}\n", escaped(weir::name_of(what)));
    for (const auto& p : parameters_of(what))
      text += item(bold(std::string(p.name) + "=") + italic(words_of(p.type)), p.explanation());
  }
  return text;
}

// The text below a help: paragraphs, which are filled, and behind a margin lists and examples.
class notes {
public:
  explicit notes(std::string_view text) {
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      read(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    end_item();
    fill(true);
  }
  std::string text;

private:
  static constexpr std::size_t deep = 10; // the margin of a description's further lines

  void read(std::string_view line) {
    const auto margin = std::min(line.find_first_not_of(' '), line.size());
    const auto words = line.substr(margin);
    if (margin >= deep && !item_.empty()) {
      described_ += (described_.empty() ? "" : " ") + std::string(words);
      return;
    }
    end_item();
    const auto gap = words.find("  ");
    if (words.empty()) {
      fill(true);
      text += ".PP\n";
    } else if (margin == 0) {
      fill(true);
      text += escaped(words) + "\n";
    } else if (margin == 2 && (gap != words.npos || words.find(' ') == words.npos)) {
      item_ = words.substr(0, gap);
      described_ = gap == words.npos ? "" : std::string(words.substr(words.find_first_not_of(' ', gap)));
    } else {
      fill(false);
      text += escaped(line) + "\n";
    }
  }
  void end_item() {
    if (item_.empty())
      return;
    fill(true);
    text += item(bold(item_), described_);
    item_.clear();
  }
  void fill(bool on) {
    if (on != filled_)
      text += on ? ".fi\n" : ".nf\n";
    filled_ = on;
  }

  std::string item_, described_;
  bool filled_ = true;
};

std::string see_also(const CLI::App& command) {
  std::vector<std::string> pages;
  if (command.get_parent())
    pages.push_back("weir");
  else
    for (const auto* c : commands_of(command))
      pages.push_back(man_name(*c));
  std::string text;
  for (const auto& page : pages)
    text += (text.empty() ? "" : ",\n") + fmt::format("{}(1)", bold(page));
  return ".SH \"SEE ALSO\"\n" + text + "\n";
}

std::string without_last_breaks(std::string text) {
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

std::string section(std::string_view heading, const std::string& text) {
  return text.empty() ? text : fmt::format(".SH {}\n{}", heading, text);
}

} // namespace

std::string man_name(const CLI::App& command) {
  auto name = full_name(command);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string man_page(const CLI::App& command, std::string_view version) {
  const auto commands = commands_of(command);
  // weir's commands have pages of their own.
  const bool nested = command.get_parent() && !commands.empty();
  const auto shared = nested ? shared_options(commands) : std::set<std::string>();
  auto text = fmt::format(".TH {} 1 \"\" \"weir {}\" \"weir\"\n", escaped(upper(man_name(command))), version);
  text += ".ad l\n.nh\n"; // names and URLs are not to be hyphenated, or spread over the line
  auto is = command.get_description();
  if (is.ends_with('.'))
    is.pop_back();
  text += fmt::format(".SH NAME\n{} \\- {}\n", escaped(man_name(command)), escaped(is));
  text += ".SH SYNOPSIS\n" + synopsis(command);
  constexpr std::size_t few = 8;
  if (nested && commands.size() <= few)
    for (const auto* c : commands)
      text += ".br\n" + synopsis(*c);
  text += section("ARGUMENTS", arguments_section(command));
  std::string list;
  for (const auto* c : commands)
    list += item(bold(c->get_name()), c->get_description());
  text += section("COMMANDS", list);
  const bool shown_here = nested && options_of(command, false).empty();
  text += section("OPTIONS", shown_here ? shared_section(*commands.front(), shared) : options_section(command, {}));
  if (nested)
    text += nested_sections(commands, shared);
  if (man_name(command) == "weir-run")
    text += parameters_section();
  text += section("NOTES", notes(without_last_breaks(command.get_footer())).text);
  return text + see_also(command);
}

} // namespace weir::inline v0::cli
