// One circuit: counts results, opens, lets probes through, closes. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/policy/breaker.hpp>
#include <weir/policy/target_health.hpp>

namespace weir::inline v0 {

/// What a call's end says about its target.
enum class breaker_verdict : std::uint8_t {
  none, ///< Nothing: cancelled, the caller's own fault, or about the key.
  success,
  failure,
  throttled,   ///< The provider is rate limiting.
  unreachable, ///< Not reached: no connection.
};

breaker_verdict breaker_verdict_of(const failure& f) noexcept;

/// Counts within a sliding window, to a tenth of it.
class result_window {
public:
  explicit result_window(duration length) noexcept : width_(length / buckets) {}

  void add(bool good, duration now) noexcept;
  /// Drops what is too old at `now`.
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

/// Consecutive failures, with nothing between them that refutes them.
class failure_row {
public:
  /// Whatever attempts up to that number still report is refuted by what is known now.
  void refute(std::uint64_t begun) noexcept {
    count_ = 0;
    refuted_ = begun;
  }
  void add(std::uint64_t number, duration now) noexcept {
    if (number > refuted_ && count_++ == 0)
      since_ = now;
  }
  unsigned count() const noexcept { return count_; }
  duration since() const noexcept { return since_; }

private:
  unsigned count_ = 0;
  std::uint64_t refuted_ = 0;
  duration since_{};
};

/// Thread safety: none. Instants may go back: by a little, as threads see them out of order, or by a lot; then time
/// continues from where it was.
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
    std::uint64_t number_ = 0; // in the order in which attempts began
    bool alive_ = false;
  };

  class refusal {
  public:
    refusal() = default;
    duration open_for{}; ///< How long since it was last closed.
    duration wait{};     ///< Until the next probe; zero while one is in flight.
  };

  explicit breaker_core(const breaker& settings) noexcept;

  /// A ticket; if there is none, why() says more.
  std::optional<ticket> admit(time_point now) noexcept;
  refusal why(time_point now) noexcept;
  /// An answer has begun: the first token came in time, or the head of a response that is not streamed. A probe has
  /// then succeeded: the circuit closes, and the ticket is an ordinary one from here on. It also closes if a row of
  /// failures had opened it, whenever the attempt began: the row is refuted.
  void alive(ticket& t, time_point now) noexcept;
  /// A stream that is alive has delivered further tokens.
  void token(time_point now) noexcept;
  /// How the call ended. `random` in [0, 1) is used if the circuit opens; without a verdict neither it nor `now` is
  /// used.
  void result(ticket t, breaker_verdict v, time_point now, double random) noexcept;
  /// The target's health. Opens the circuit if a row of failures has become old enough.
  target_health::view look(time_point now, double random) noexcept;

  /// Without the id. Rolls the window.
  breaker_state inspect(time_point now) noexcept;
  /// As good as new.
  bool idle() const noexcept { return phase_ == phase::closed && waiting_ + delivering_ == 0; }

private:
  using phase = breaker_state::phase;

  duration at(time_point now) noexcept;
  void sign_of_life(ticket& t, duration now) noexcept;
  void count(const ticket& t, breaker_verdict v, duration now, double random) noexcept;
  bool delivers(duration now) const noexcept;
  /// Whether a row of failures is long and old enough, and a large enough share of what is in flight.
  bool complete(const failure_row& row, duration now) const noexcept;
  /// Whether it may become one.
  bool possible(const failure_row& row) const noexcept;
  /// Whether there are enough results and the share of successes among them is too low, and stays so whatever becomes
  /// of those that are `undecided`.
  bool share_is_below(double least, std::uint64_t of, std::uint64_t undecided) const noexcept;
  void open(duration now, double random, bool by_row) noexcept;
  void close() noexcept;

  breaker settings_;
  phase phase_ = phase::closed;
  std::uint64_t era_ = 0; // incremented with every change between closed and not
  time_point origin_{};   // when time_ was zero, as far as clock steps allow to tell
  duration time_{};
  result_window window_;
  failure_row failures_, unreachable_;
  std::uint64_t begun_ = 0;
  std::uint64_t waiting_ = 0;    // for a first token
  std::uint64_t delivering_ = 0; // past it
  duration last_token_{};
  unsigned backoff_step_ = 0; // how often it opened since a call last succeeded
  bool by_row_ = false;       // whether a row of failures opened it
  bool probing_ = false;
  duration since_{};
  duration until_{};
  std::uint64_t opened_ = 0, refused_ = 0;
};

} // namespace weir::inline v0
