#include "net/dial/downgrades.hpp"

#include <algorithm>

namespace weir::inline v0::net {

bool downgrades::covers(const std::string& origin, time_point now) const noexcept {
  const auto found = origins_.find(origin);
  return found != origins_.end() && now < found->second.until;
}

std::size_t downgrades::count(time_point now) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(origins_.begin(), origins_.end(), [now](const auto& o) { return now < o.second.until; }));
}

void downgrades::fell_silent(const std::string& origin, time_point now) {
  auto& o = at(origin, now);
  const bool again = o.last_silence != time_point::min() && now < after(o.last_silence, close_together);
  o.last_silence = now;
  if (again)
    o.until = after(now, lasting);
}

void downgrades::required(const std::string& origin, time_point now) { at(origin, now).until = after(now, lasting); }

downgrades::state& downgrades::at(const std::string& origin, time_point now) {
  if (origins_.size() >= most_origins && !origins_.contains(origin)) {
    std::erase_if(origins_, [now](const auto& o) {
      return now >= o.second.until && now >= after(o.second.last_silence, close_together);
    });
    if (origins_.size() >= most_origins)
      origins_.erase(std::min_element(origins_.begin(), origins_.end(),
                                      [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
  }
  return origins_[origin];
}

} // namespace weir::inline v0::net
