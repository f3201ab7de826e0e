#include "tool/interactive/slash_command.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/ascii.hpp"

namespace weir::inline v0::cli {

namespace {

class row {
public:
  std::string_view name;
  slash_command::kind what;
};

constexpr row rows[] = {
    {"/help", slash_command::kind::help},   {"/model", slash_command::kind::model},
    {"/save", slash_command::kind::save},   {"/result", slash_command::kind::result},
    {"/clear", slash_command::kind::clear}, {"/quit", slash_command::kind::quit},
    {"/exit", slash_command::kind::quit},
};

std::string with_home(std::string_view path) {
  const char* home = std::getenv("HOME");
  return path.starts_with("~/") && home ? home + std::string(path.substr(1)) : std::string(path);
}

} // namespace

slash_command::slash_command(std::string_view text) {
  if (!text.starts_with('/'))
    return;
  const auto name = text.substr(0, text.find_first_of(" \t\n"));
  if (text.find('\n') != text.npos && name != "/result")
    return;
  name_ = name;
  argument_ = with_home(trimmed(text.substr(name.size())));
  what_ = kind::unknown;
  for (const auto& r : rows)
    if (name == r.name)
      what_ = r.what;
}

std::pair<std::string, std::string> slash_command::two_arguments() const {
  const auto blank = std::min(argument_.find_first_of(" \t\n"), argument_.size());
  const auto rest = trimmed(std::string_view(argument_).substr(blank));
  return {argument_.substr(0, blank), rest.starts_with('@') ? '@' + with_home(rest.substr(1)) : std::string(rest)};
}

std::string_view slash_help() noexcept {
  return "/model NAME      ask this model from now on\n"
         "/result ID TEXT  give the result of the tool call ID; @FILE for a file's text\n"
         "/save FILE       save the conversation, now and after each answer\n"
         "/clear           begin a new conversation\n"
         "/quit            leave, as Ctrl-D does\n"
         "A line that ends in \\ goes on in the next one; \"\"\" begins and ends a block of lines.\n"
         "Ctrl-C ends an answer, and what arrived of it stays in the conversation.\n";
}

} // namespace weir::inline v0::cli
