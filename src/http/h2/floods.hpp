// How much a peer may send that carries nothing.
#pragma once

#include <cstdint>

#include <weir/core/time.hpp>

namespace weir::inline v0::http::h2 {

/// Counts within periods of a fixed length, each of which begins with the first event after the last one's end.
class frequency {
public:
  static constexpr duration period = std::chrono::seconds(10);

  explicit frequency(unsigned most) : most_(most) {}
  /// False if this is one too many in its period.
  bool allows(time_point now) noexcept {
    if (now >= until_) {
      until_ = after(now, period);
      count_ = 0;
    }
    return ++count_ <= most_;
  }

private:
  unsigned most_;
  unsigned count_ = 0;
  time_point until_ = time_point::min();
};

/// Frames that cost the peer little, and this side a look at each.
class flood_limits {
public:
  flood_limits() = default;
  frequency pings{500};
  frequency settings{100};
  frequency empty{1000};   ///< DATA without any.
  frequency updates{2000}; ///< WINDOW_UPDATE beyond what the data that was sent accounts for.
  frequency others{1000};  ///< PRIORITY, unknown frames, and those of streams that are not open.

  void data_sent() noexcept {
    if (credit_ < most_credit)
      credit_ += updates_per_frame;
  }
  bool allows_update(time_point now) noexcept {
    if (credit_ == 0)
      return updates.allows(now);
    --credit_;
    return true;
  }

private:
  static constexpr unsigned updates_per_frame = 4;
  static constexpr unsigned most_credit = 10000;
  unsigned credit_ = 0;
};

} // namespace weir::inline v0::http::h2
