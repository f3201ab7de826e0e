#include "tool/interactive/slash_command.hpp"

#include <cstdlib>

namespace weir::inline v0::cli {

namespace {

class row {
public:
  std::string_view name;
  slash_command::kind what;
};

constexpr row rows[] = {
    {"/help", slash_command::kind::help}, {"/model", slash_command::kind::model},
    {"/save", slash_command::kind::save}, {"/clear", slash_command::kind::clear},
    {"/quit", slash_command::kind::quit}, {"/exit", slash_command::kind::quit},
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  return begin == text.npos ? std::string_view() : text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

std::string with_home(std::string_view path) {
  const char* home = std::getenv("HOME");
  return path.starts_with("~/") && home ? home + std::string(path.substr(1)) : std::string(path);
}

} // namespace

slash_command::slash_command(std::string_view text) {
  if (!text.starts_with('/') || text.find('\n') != text.npos)
    return;
  const auto name = text.substr(0, text.find_first_of(" \t"));
  name_ = name;
  argument_ = with_home(trimmed(text.substr(name.size())));
  what_ = kind::unknown;
  for (const auto& r : rows)
    if (name == r.name)
      what_ = r.what;
}

std::string_view slash_help() noexcept {
  return "/model NAME  ask this model from now on\n"
         "/save FILE   save the conversation, now and after each answer\n"
         "/clear       begin a new conversation\n"
         "/quit        leave, as Ctrl-D does\n"
         "A line that ends in \\ goes on in the next one; \"\"\" begins and ends a block of lines.\n"
         "Ctrl-C ends an answer, and what arrived of it stays in the conversation.\n";
}

} // namespace weir::inline v0::cli
