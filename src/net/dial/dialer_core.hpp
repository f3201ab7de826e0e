// Happy Eyeballs (RFC 8305, sections 4 and 5) as a decision: which address to try when.
#pragma once

#include <cstddef>
#include <vector>

#include <weir/core/time.hpp>

#include "net/dial/resolver.hpp"

namespace weir::inline v0::net {

/// Orders addresses for dialing: the families alternate, starting with that of the
/// first one, and each family keeps its order. At most `limit` are kept.
addresses interleave(const addresses& found, std::size_t limit);

class dialer_core {
public:
  enum class step {
    start,    ///< Begin the attempt `index`, then ask again.
    wait,     ///< Nothing to do until `until` (never: only an attempt's end helps).
    finished, ///< An attempt succeeded.
    failed,   ///< All attempts failed.
  };
  class action {
  public:
    action(step w, std::size_t i, time_point t) : what(w), index(i), until(t) {}
    step what;
    std::size_t index;
    time_point until;
  };

  /// `count` addresses; a new attempt every `stagger` while the earlier ones are open.
  dialer_core(std::size_t count, duration stagger) : count_(count), stagger_(stagger) {}

  action next(time_point now);
  /// An attempt failed: the next one starts at once.
  void attempt_failed();
  /// An attempt succeeded; false if another one was first, and this one must be closed.
  bool attempt_succeeded();

private:
  std::size_t count_;
  duration stagger_;
  std::size_t started_ = 0;
  std::size_t open_ = 0;
  time_point next_start_ = time_point::min();
  bool won_ = false;
};

} // namespace weir::inline v0::net
