// What the limits have in common: their queue's settings, how waits are worded, and the time spent queued.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <weir/core/time.hpp>
#include <weir/task/attempt.hpp>

#include "policy/settings_error.hpp"

namespace weir::inline v0 {

/// \throws weir::error errc::invalid_configuration, naming the wrong field under `path`.
inline void check_queue(std::string_view path, double batch_share, std::size_t max_waiting) {
  if (!(batch_share > 0) || !(batch_share < 1))
    throw_invalid_setting(path, "batch_share", "must be above 0 and below 1");
  if (max_waiting == 0)
    throw_invalid_setting(path, "max_waiting", "must be at least 1");
}

/// Adds its own lifetime to the time that an attempt was queued.
class queued_time {
public:
  queued_time(std::shared_ptr<weir::attempt> a, const time_source& time)
      : attempt_(std::move(a)), time_(time), begun_(time.now()) {}
  queued_time(const queued_time&) = delete;
  queued_time& operator=(const queued_time&) = delete;
  ~queued_time() {
    if (attempt_)
      attempt_->queued += time_.now() - begun_;
  }

private:
  std::shared_ptr<weir::attempt> attempt_;
  const time_source& time_;
  time_point begun_;
};

} // namespace weir::inline v0
