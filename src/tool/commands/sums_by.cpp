#include "tool/commands/sums_by.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <map>
#include <vector>

#include <weir/core/error.hpp>

#include "tool/output/time_axis.hpp"

namespace weir::inline v0::cli {

namespace {

constexpr std::string_view tag_prefix = "tag:";

std::string tag_of(const ledger_entry& e, std::string_view name) {
  for (const auto& [n, value] : e.tags)
    if (n == name)
      return value;
  return {};
}

std::string first_of(const std::string& a, const std::string& b) { return a.empty() ? b : a; }

} // namespace

std::span<const std::pair<std::string_view, std::string_view>> sums_by() noexcept {
  using named = std::pair<std::string_view, std::string_view>;
  static constexpr std::array all = {
      named("hour", "The hour in which the attempt began"),
      named("day", "The day"),
      named("week", "The ISO week"),
      named("month", "The month"),
      named("provider", "Who was charged for it"),
      named("model", "The model that was requested"),
      named("answered", "The model that answered"),
      named("key", "The name of the key"),
      named("tenant", "Whom the request was for"),
      named("operation", "chat, embeddings, …"),
      named("outcome", "How the attempt ended"),
      named("tier", "The service tier of the response"),
      named("prices", "The price list, and its date"),
      named(tag_prefix, "A tag: tag:NAME"),
  };
  return all;
}

std::string date_text(std::chrono::system_clock::time_point t, const char* format, bool utc) {
  const auto seconds = std::chrono::system_clock::to_time_t(t);
  std::tm parts{};
  if (utc)
    gmtime_r(&seconds, &parts);
  else
    localtime_r(&seconds, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

std::function<std::string(const ledger_entry&)> key_of(const std::string& by, bool utc, std::string_view option) {
  using entry = const ledger_entry&;
  static const std::map<std::string, std::function<std::string(entry)>, std::less<>> known = {
      {"provider", [](entry e) { return e.provider; }},
      {"model", [](entry e) { return e.model; }},
      {"answered", [](entry e) { return first_of(e.model_answered, e.model); }},
      {"key", [](entry e) { return e.key; }},
      {"tenant", [](entry e) { return e.tenant; }},
      {"operation", [](entry e) { return e.operation; }},
      {"outcome", [](entry e) { return first_of(e.error, std::string(name_of(e.outcome))); }},
      {"tier", [](entry e) { return e.service_tier; }},
      {"prices", [](entry e) { return e.price.source + (e.price.date.empty() ? "" : " of " + e.price.date); }},
  };
  if (const auto found = known.find(by); found != known.end())
    return found->second;
  if (is_date(by))
    return [format = date_format(by), utc](entry e) { return date_text(e.started, format, utc); };
  if (by.starts_with(tag_prefix) && by.size() > tag_prefix.size())
    return [name = by.substr(tag_prefix.size())](entry e) { return tag_of(e, name); };
  std::vector<std::string_view> names;
  for (const auto& [name, _] : sums_by())
    if (name != tag_prefix)
      names.push_back(name);
  throw error(errc::invalid_argument,
              fmt::format("{} {}: name one of {}, or tag:NAME", option, by, fmt::join(names, ", ")));
}

} // namespace weir::inline v0::cli
