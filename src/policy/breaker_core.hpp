// One circuit: counts results, opens, lets probes through, closes. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/policy/breaker.hpp>

namespace weir {

/// What a call's end says about its target.
enum class breaker_verdict : std::uint8_t {
  none,        ///< Nothing: cancelled, the caller's own fault, or a matter of the key.
  success,
  failure,
  throttled,   ///< A request to slow down.
  unreachable, ///< Nothing of the target's own: no connection.
};

breaker_verdict breaker_verdict_of(const failure& f) noexcept;

/// Counts of the last while, to a tenth of it.
class result_window {
public:
  explicit result_window(duration length) noexcept : width_(length / buckets) {}

  void add(bool good, duration now) noexcept;
  /// Lets go of what is too old at `now`.
  void roll(duration now) noexcept;
  void clear() noexcept;
  std::uint64_t good() const noexcept { return good_; }
  std::uint64_t bad() const noexcept { return bad_; }

private:
  static constexpr std::size_t buckets = 10;
  class bucket {
  public:
    std::uint64_t good = 0, bad = 0;
  };
  duration width_;
  std::array<bucket, buckets> ring_{};
  std::int64_t current_ = 0; // the number of the newest bucket since time zero
  std::uint64_t good_ = 0, bad_ = 0;
};

/// Thread safety: none. Instants may go back: by little, as threads see them out of order, or by
/// much; then time goes on from where it was.
class breaker_core {
public:
  /// The right to one call. Exactly one result() must follow.
  class ticket {
  public:
    ticket() = default;
    bool probe = false;

  private:
    friend class breaker_core;
    std::uint64_t era_ = 0;
  };

  class refusal {
  public:
    refusal() = default;
    duration open_for{}; ///< How long it has not been closed.
    duration wait{};     ///< Until the next probe; zero while one is on its way.
  };

  explicit breaker_core(const breaker& settings) noexcept;

  /// A ticket, or nothing, and then why() says more.
  std::optional<ticket> admit(time_point now) noexcept;
  refusal why(time_point now) noexcept;
  /// The first token of an answer came in time. A probe has then succeeded: the circuit closes, and
  /// the ticket is an ordinary one from here on.
  void first_token(ticket& t, time_point now) noexcept;
  /// How the call ended. `random` in [0, 1) is used if the circuit opens; without a verdict neither it
  /// nor `now` is looked at.
  void result(const ticket& t, breaker_verdict v, time_point now, double random) noexcept;

  /// Without the id. Rolls the window.
  breaker_state inspect(time_point now) noexcept;
  /// As good as new.
  bool idle() const noexcept { return phase_ == phase::closed && running_ == 0; }

private:
  using phase = breaker_state::phase;

  duration at(time_point now) noexcept;
  /// Whether this was the result that opens the circuit.
  bool count(breaker_verdict v, duration now) noexcept;
  void open(duration now, double random) noexcept;
  void close() noexcept;

  breaker settings_;
  phase phase_ = phase::closed;
  std::uint64_t era_ = 0; // grows with every change between closed and not
  time_point origin_{};   // where time_ was zero, as far as steps of the clock allow to say
  duration time_{};
  result_window window_;
  unsigned failures_ = 0;
  unsigned unreachable_ = 0;
  unsigned backoff_step_ = 0; // how often it opened since a call last ended well
  bool probing_ = false;
  duration since_{};
  duration until_{};
  std::uint64_t opened_ = 0, refused_ = 0, running_ = 0;
};

} // namespace weir
