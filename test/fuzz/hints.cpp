// Waits that servers ask for: never negative, never over the longest kept, and a date is the same in every form.
#include "provider/response/retry_after.hpp"

#include <string>

#include "fuzz.hpp"
#include "provider/response/rate_limits.hpp"

using namespace weir::provider;

static void sane(const wait_hint& wait) {
  fuzz::hold(!wait || (wait->count() >= 0 && *wait <= longest_hint), "a wait is between zero and the longest kept");
}

FUZZ(in) {
  const wall_time now(std::chrono::seconds(1780000000));
  sane(parse_count(in.text, std::chrono::seconds(1)));
  sane(parse_count(in.text, std::chrono::milliseconds(1)));
  sane(parse_go_duration(in.text));
  sane(parse_reset(in.text, now));
  sane(parse_reset(in.text, std::nullopt));
  (void)parse_rfc3339(in.text);
  if (const auto date = parse_http_date(in.text, now)) {
    char text[64];
    const auto seconds = std::chrono::system_clock::to_time_t(*date);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    fuzz::hold(parse_http_date(text, now) == date, "a date that is written again is the same date");
  }
  static constexpr const char* names[] = {"retry-after", "retry-after-ms", "ratelimit", "x-ratelimit-reset-requests",
                                          "date"};
  weir::http::fields headers;
  headers.add("x-ratelimit-remaining-requests", "0");
  for (std::string_view rest = in.text; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    headers.add(names[headers.size() * (in.kind | 1) % std::size(names)], std::string(line));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  sane(wait_asked_for(headers, now));
  sane(wait_asked_for(headers, std::nullopt));
}
