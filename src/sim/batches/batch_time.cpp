#include "sim/batches/batch_time.hpp"

#include <cstdio>
#include <ctime>

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

std::tm parts_of(wall_time t) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(t);
  std::tm out{};
  gmtime_r(&seconds, &out);
  return out;
}

} // namespace

std::int64_t unix_seconds(wall_time t) {
  return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

std::string rfc3339(wall_time t) {
  const auto p = parts_of(t);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count() % 1000;
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", p.tm_year + 1900, p.tm_mon + 1, p.tm_mday,
                p.tm_hour, p.tm_min, p.tm_sec, static_cast<int>(ms));
  return text;
}

std::string date_only(wall_time t) { return rfc3339(t).substr(0, 10); }

json::value seconds_once(wall_time t, wall_time now) {
  return t <= now ? json::value(unix_seconds(t)) : json::value(nullptr);
}

} // namespace weir::inline v0::sim
