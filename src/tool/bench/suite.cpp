#include "tool/bench/suite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include <weir/core/error.hpp>

#include "codec/json/json.hpp"
#include "tool/arguments/help.hpp"

namespace weir::inline v0::cli {

namespace {

namespace json = codec::json;

constexpr std::size_t most_scenarios = 1000;

[[noreturn]] void refuse(std::string why) { throw error(errc::invalid_argument, std::move(why)); }

// A value as a command line has it; members of other types have none.
std::string word_of(std::string_view where, std::string_view member, const json::value& v) {
  if (v.is_string())
    return std::string(v.get_string());
  if (v.is_number())
    return codec::to_text(v);
  refuse(fmt::format("{}\"{}\" takes a text, a number, true, false or a list of texts", where, member));
}

void add(std::vector<std::string>& words, std::string_view where, std::string_view member, const json::value& v) {
  if (member.empty() || member.starts_with('-'))
    refuse(
        fmt::format("{}\"{}\" is no member: write a long option without its dashes, such as \"rate\"", where, member));
  if (v.is_null() || (v.is_bool() && !v.get_bool()))
    return;
  if (v.is_array()) {
    for (const auto& one : v.get_array())
      add(words, where, member, one.is_array() ? json::value(json::object()) : one);
    return;
  }
  if (v.is_bool()) {
    words.push_back(fmt::format("--{}", member));
    return;
  }
  const auto word = word_of(where, member, v);
  if (member == "prompt")
    return; // Comes last.
  if (word.empty())
    refuse(fmt::format("{}\"{}\" has no value", where, member));
  words.push_back(fmt::format("--{}={}", member, word));
}

std::vector<std::string> words_of(std::string_view where, const json::object& defaults, const json::object& own) {
  std::vector<std::string> words;
  for (const auto& [member, value] : defaults)
    if (!own.contains(member))
      add(words, where, member, value);
  for (const auto& [member, value] : own)
    if (member != "name")
      add(words, where, member, value);
  const auto* prompt = own.contains("prompt") ? own.if_contains("prompt") : defaults.if_contains("prompt");
  if (prompt && !prompt->is_null()) {
    words.emplace_back("--");
    words.push_back(word_of(where, "prompt", *prompt));
  }
  return words;
}

const json::object& object_in(const json::object& all, std::string_view member) {
  static const json::object none;
  const auto* found = all.if_contains(member);
  if (found && !found->is_object())
    refuse(fmt::format("\"{}\" is not an object", member));
  return found ? found->get_object() : none;
}

} // namespace

std::vector<scenario> read_suite(std::string_view text) {
  const auto parsed = codec::parse_argument(text, "it");
  if (!parsed.is_object())
    refuse("it is not an object with \"scenarios\"");
  const auto& all = parsed.get_object();
  for (const auto& [member, value] : all)
    if (member != "defaults" && member != "scenarios")
      refuse(
          fmt::format("there is no member \"{}\": there are \"defaults\" and \"scenarios\"", std::string_view(member)));
  const auto& defaults = object_in(all, "defaults");
  if (defaults.contains("name"))
    refuse("\"defaults\" have no \"name\": each scenario has its own");
  const auto* list = codec::array_at(parsed, "scenarios");
  if (!list || list->empty() || list->size() > most_scenarios)
    refuse(fmt::format("\"scenarios\" is not a list of 1 to {} objects", most_scenarios));
  std::vector<scenario> suite;
  for (const auto& one : *list) {
    const auto name = codec::string_at(one, "name").value_or("");
    if (name.empty())
      refuse(fmt::format("scenario {} has no \"name\"", suite.size() + 1));
    for (const auto& other : suite)
      if (other.name == name)
        refuse(fmt::format("two scenarios have the name {}", name));
    scenario made;
    made.name = name;
    made.words = words_of(fmt::format("{}: ", name), defaults, one.get_object());
    suite.push_back(std::move(made));
  }
  return suite;
}

namespace {

// `--rate` of `--rate=20`.
std::string_view option_in(std::string_view word) noexcept { return word.substr(0, word.find('=')); }

bool is_among(std::string_view option, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [option](const auto& w) { return option_in(w) == option; });
}

bool is_of_file(std::string_view option) noexcept {
  constexpr std::string_view all[] = {"--report", "--output", "--csv", "--export", "--save-calls", "--baseline"};
  return std::find(std::begin(all), std::end(all), option) != std::end(all);
}

bool is_name(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

} // namespace

void replace_options(scenario& in, const std::vector<std::string>& words) {
  const auto prompt = std::find(in.words.begin(), in.words.end(), "--");
  std::vector<std::string> all;
  std::copy_if(in.words.begin(), prompt, std::back_inserter(all),
               [&words](const std::string& w) { return !is_among(option_in(w), words); });
  all.insert(all.end(), words.begin(), words.end());
  all.insert(all.end(), prompt, in.words.end());
  in.words = std::move(all);
}

void name_files(scenario& in) {
  constexpr std::string_view mark = "{name}";
  auto name = in.name;
  std::replace(name.begin(), name.end(), '/', '-');
  for (auto& word : in.words) {
    if (word == "--")
      return;
    if (is_of_file(option_in(word)))
      for (auto at = word.find(mark); at != word.npos; at = word.find(mark, at + name.size()))
        word.replace(at, mark.size(), name);
  }
}

std::string with_members(std::string_view message, const std::vector<std::string>& given) {
  std::string text;
  while (!message.empty()) {
    std::size_t length = message.starts_with("--") && (text.empty() || !is_name(text.back())) ? 2 : 0;
    while (length > 0 && length < message.size() && is_name(message[length]))
      ++length;
    const auto option = message.substr(0, length);
    if (length > 2 && !is_among(option, given)) {
      text += fmt::format("\"{}\"", option.substr(2));
      message.remove_prefix(length);
    } else {
      text += message.front();
      message.remove_prefix(1);
    }
  }
  return text;
}

std::vector<scenario> chosen(std::vector<scenario> all, const std::vector<std::string>& names) {
  if (names.empty())
    return all;
  std::vector<std::string_view> known;
  for (const auto& s : all)
    known.push_back(s.name);
  for (const auto& name : names)
    if (std::find(known.begin(), known.end(), name) == known.end())
      refuse(fmt::format("there is no scenario {}{}: there are {}", name, did_you_mean(name, known), any_of(known)));
  std::vector<scenario> kept;
  for (auto& s : all)
    if (std::find(names.begin(), names.end(), s.name) != names.end())
      kept.push_back(std::move(s));
  return kept;
}

} // namespace weir::inline v0::cli
