#include "tool/output/cache_words.hpp"

#include <fmt/format.h>

#include <chrono>

#include "core/time/in_seconds.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

const attempt* cached_attempt(const call_record& call) noexcept {
  if (call.attempts.empty())
    return nullptr;
  const auto& last = *call.attempts.back();
  return last.cache_hit || last.shared ? &last : nullptr;
}

std::string age_words(duration age) {
  const auto s = std::chrono::floor<std::chrono::seconds>(age).count();
  constexpr std::int64_t minute = 60, hour = 3600, day = 86400;
  if (s < minute)
    return fmt::format("{} s", s);
  if (s < hour)
    return fmt::format("{} min", s / minute);
  return s < 2 * day ? fmt::format("{} h", s / hour) : fmt::format("{} d", s / day);
}

std::string cache_words(const call_record& call) {
  const auto* a = cached_attempt(call);
  if (!a)
    return {};
  if (a->shared)
    return " · shared with another call";
  return fmt::format(" · from the cache, {} old{}", age_words(a->cache_age), a->cache_stale ? ", stale" : "");
}

json::value cache_json(const call_record& call) {
  if (call.attempts.empty() || call.attempts.back()->cache_key.empty())
    return nullptr;
  const auto& a = *call.attempts.back();
  json::object o{{"hit", a.cache_hit}};
  if (a.cache_hit) {
    o["age_s"] = in_seconds(a.cache_age);
    o["stale"] = a.cache_stale;
  }
  if (a.shared)
    o["shared"] = true;
  o["key"] = a.cache_key;
  return o;
}

} // namespace weir::inline v0::cli
