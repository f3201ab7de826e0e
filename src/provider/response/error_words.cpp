#include "provider/response/error_words.hpp"

#include <algorithm>
#include <iterator>

#include "codec/text/sniff.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

// Limits what a hostile body can cost.
constexpr int max_depth = 8;
constexpr std::size_t max_words = 8192;
constexpr std::size_t max_name = 64;

void append(std::string& all, std::string_view separator, std::string_view more) {
  if (more.empty() || all.size() > max_words)
    return;
  if (!all.empty())
    all += separator;
  all += more;
}

// The members that hold messages, most telling first: the rest are only examined if nothing before them has one.
constexpr std::string_view speaking[] = {"message",      "msg",        "faultstring",
                                         "errormessage", "errormsg",   "errmsg",
                                         "detail",       "details",    "errordescription",
                                         "description",  "error",      "err",
                                         "title",        "errors",     "fault",
                                         "reason",       "statusmsg",  "statusmessage",
                                         "cause",        "issues",     "response",
                                         "baseresp",     "exception",  "failure",
                                         "status",       "violations", "responsemetadata",
                                         "header"};
// Members whose content is about an error, so that every text in it counts.
constexpr std::string_view about_errors[] = {"error", "errors", "fault", "issues", "detail", "details", "violations"};

std::string words(const json::value& v, int depth, bool all_members);

std::string words_of_text(std::string_view text, int depth) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos)
    return {};
  // But not a message like "<model> is not there".
  if (text[first] == '<' && text.find("</") != text.npos) {
    const bool page = codec::sniff(text) == codec::content::page;
    return page ? codec::title_of(text) : codec::text_of_markup(text, max_words);
  }
  if (text[first] == '{' || text[first] == '[') {
    error_code ec;
    const auto inner = codec::parse_json(text.substr(first), ec);
    if (!ec)
      if (auto found = words(inner, depth + 1, false); !found.empty())
        return found;
  }
  return std::string(text);
}

// FastAPI: {"loc": ["body", "loras", 0, "path"], "msg": "…"}
std::string place_of(const json::value& v) {
  std::string place;
  if (const auto* loc = codec::array_at(v, "loc"))
    for (const auto& step : *loc)
      append(place, ".", step.is_string() ? std::string(step.get_string()) : codec::to_text(step));
  return place;
}

std::string words_of_object(const json::value& v, int depth, bool all_members) {
  std::string found;
  std::string_view where;
  for (const auto key : speaking) {
    const auto* member = loose_find(v, key);
    if (!member || (key == "status" && member->is_string()))
      continue;
    const bool about = std::find(std::begin(about_errors), std::end(about_errors), key) != std::end(about_errors);
    found = words(*member, depth + 1, about);
    if (found.empty())
      continue;
    where = key;
    // "Validation failed", followed by the details.
    for (const auto* what : {"errors", "violations"})
      if (const auto* list = loose_find(v, what); list && list != member)
        append(found, ": ", words(*list, depth + 1, true));
    break;
  }
  if (found.empty() && all_members)
    for (const auto& member : v.get_object())
      if (const auto inner = words(member.value(), depth + 1, true); !inner.empty())
        if (!member.key().starts_with('@'))
          append(found, "; ", std::string(member.key()) + ": " + inner);
  if (found.empty())
    return found;
  // A short name of the error beside its message.
  if (const auto name = codec::string_at(v, "error");
      name && where != "error" && name->size() <= max_name && found.find(*name) == found.npos)
    found.insert(0, std::string(*name) + ": ");
  if (const auto place = place_of(v); !place.empty())
    found.insert(0, place + ": ");
  // What the upstream provider said (OpenRouter), and the field in question.
  if (const auto* metadata = codec::find(v, "metadata"))
    if (const auto* raw = codec::find(*metadata, "raw"))
      if (const auto more = words(*raw, depth + 1, true); found.find(more) == found.npos)
        append(found, ": ", more);
  if (const auto field = codec::string_at(v, "param"); field && found.find(*field) == found.npos)
    found += " (" + std::string(*field) + ")";
  return found;
}

std::string words(const json::value& v, int depth, bool all_members) {
  if (depth > max_depth)
    return {};
  if (v.is_string())
    return words_of_text(v.get_string(), depth);
  if (v.is_object())
    return words_of_object(v, depth, all_members);
  std::string all;
  if (const auto* list = v.if_array())
    for (const auto& element : *list)
      append(all, "; ", words(element, depth + 1, true));
  return all;
}

} // namespace

bool same_letters(std::string_view given, std::string_view key) noexcept {
  auto k = key.begin();
  for (const char c : given) {
    if (c == '_' || c == '-')
      continue;
    if (k == key.end() || (c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != *k)
      return false;
    ++k;
  }
  return k == key.end();
}

const json::value* loose_find(const json::value& v, std::string_view key) noexcept {
  if (const auto* o = v.if_object())
    for (const auto& member : *o)
      if (same_name(member.key(), key) && !member.value().is_null())
        return &member.value();
  return nullptr;
}

const codec::node* loose_find(const codec::node& v, std::string_view key) noexcept {
  if (v.is_object())
    for (const auto member : v.members())
      if (same_name(member.key(), key) && !member.value().is_null())
        return &member.value();
  return nullptr;
}

std::string words_of_error(const json::value& v) { return words(v, 0, false); }

} // namespace weir::inline v0::provider
