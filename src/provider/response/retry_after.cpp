#include "provider/response/retry_after.hpp"

#include <algorithm>

namespace weir::inline v0::provider {

namespace {

using namespace std::chrono_literals;

// `"api";r=0;t=55`: the items of a structured header with nothing remaining.
wait_hint structured_wait(std::string_view header) noexcept {
  wait_hint longest;
  while (!header.empty()) {
    auto item = header.substr(0, header.find(','));
    header.remove_prefix(std::min(header.size(), item.size() + 1));
    bool empty = false;
    wait_hint wait;
    while (!item.empty()) {
      const auto length = std::min(item.find(';'), item.size());
      auto part = item.substr(0, length);
      part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
      item.remove_prefix(std::min(item.size(), length + 1));
      if (part.starts_with("r="))
        empty = parse_count(part.substr(2), 1s) == wait_hint(0s);
      else if (part.starts_with("t="))
        wait = parse_count(part.substr(2), 1s);
    }
    if (empty)
      longest = longer(longest, wait);
  }
  return longest;
}

// The headers are named `x-ratelimit-remaining-tokens` and `x-ratelimit-reset-tokens`, whatever is counted.
wait_hint used_up_wait(const http::fields& headers, std::optional<wall_time> now) noexcept {
  constexpr std::string_view remaining = "x-ratelimit-remaining";
  wait_hint longest;
  for (const auto& [name, value] : headers) {
    if (name.size() < remaining.size() || name.size() > 64 ||
        !http::equal_names(std::string_view(name).substr(0, remaining.size()), remaining) ||
        parse_count(value, 1s) != wait_hint(0s))
      continue;
    char reset[80] = "x-ratelimit-reset";
    const auto suffix = std::string_view(name).substr(remaining.size());
    std::copy(suffix.begin(), suffix.end(), reset + 17);
    longest = longer(longest, parse_reset(headers.get(std::string_view(reset, 17 + suffix.size())), now));
  }
  return longest;
}

} // namespace

wait_hint wait_asked_for(const http::fields& headers, std::optional<wall_time> now) noexcept {
  const auto date = headers.get("date");
  auto wait =
      longer(parse_count(headers.get("retry-after-ms"), 1ms), retry_after(headers.get("retry-after"), date, now));
  wait = longer(wait, structured_wait(headers.get("ratelimit")));
  if (const auto told = parse_http_date(date, now.value_or(wall_time())))
    now = told;
  return longer(wait, used_up_wait(headers, now));
}

} // namespace weir::inline v0::provider
