// Whether the peer of a connection is still there, without a timer.
#pragma once

#include <weir/core/time.hpp>

namespace weir::inline v0::http::h2 {

/// How long a connection with open streams may be silent.
class liveness_limits {
public:
  liveness_limits() = default;
  duration silence = std::chrono::seconds(15); ///< Then a PING is sent.
  duration answer = std::chrono::seconds(10);  ///< For any frame after it.
};

/// A model may think for minutes and say nothing, and a tunnel that died says nothing either: a PING tells them apart.
/// There is none while no stream is open, which servers punish.
class liveness {
public:
  enum class verdict { well, ask, dead };

  explicit liveness(liveness_limits limits) : limits_(limits) {}

  void begins(time_point now) noexcept {
    since_ = now;
    watching_ = true;
    asked_ = false;
  }
  void ends() noexcept { watching_ = false; }
  void heard(time_point now) noexcept {
    since_ = now;
    asked_ = false;
  }
  /// The network took bytes of a long request. Those of a PING prove nothing.
  void sent(time_point now) noexcept {
    if (!asked_)
      since_ = now;
  }

  time_point next() const noexcept {
    return watching_ ? after(since_, asked_ ? limits_.answer : limits_.silence) : never;
  }
  /// `ask`: send a PING.
  verdict check(time_point now) noexcept {
    if (now < next())
      return verdict::well;
    if (asked_)
      return verdict::dead;
    asked_ = true;
    since_ = now;
    return verdict::ask;
  }

private:
  liveness_limits limits_;
  time_point since_{}; // the last sign of life, or the PING
  bool watching_ = false;
  bool asked_ = false;
};

} // namespace weir::inline v0::http::h2
