// How requests are put on a target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// A load: so many requests in flight, or so many starting in a second, whatever the target does.
///
///     weir::bench_load::at_once(64)                           // closed loop
///     weir::bench_load::rate(20).poisson()                    // open loop
///     weir::bench_load::rate(10).then(10, 100, 60s).then(100, 100, 30s)
///     weir::parse_bench_load("10..100/60s,100/30s")
///
/// Only an open loop shows what users see of a target that slows down: a closed one waits for it.
class bench_load {
public:
  /// A part of a profile: from one rate to another in a straight line.
  class stretch {
  public:
    stretch(double from, double to, duration over) : from_(from), to_(to), over_(over) {}
    double from() const noexcept { return from_; }
    double to() const noexcept { return to_; }
    duration over() const noexcept { return over_; }
    friend bool operator==(const stretch&, const stretch&) = default;

  private:
    double from_, to_;
    duration over_;
  };
  enum class kind : std::uint8_t { closed, open, recorded };
  enum class spacing : std::uint8_t { even, poisson, gamma };

  /// One request after the other.
  bench_load() = default;
  /// So many requests in flight, each followed by the next one. With `rising`, they begin one by one over that time.
  /// \throws weir::error errc::invalid_argument for 0.
  static bench_load at_once(std::size_t requests, duration rising = {});
  /// So many requests a second, evenly spaced. \throws weir::error errc::invalid_argument unless finite and above 0.
  static bench_load rate(double per_second);
  /// When the prompts' own times say (bench_prompt::at()), `speed` times as fast.
  /// \throws weir::error errc::invalid_argument unless finite and above 0.
  static bench_load recorded(double speed = 1);

  /// Adds a stretch to an open load: the first one replaces rate(). After the last one its rate stays.
  /// \throws weir::error errc::invalid_argument for a rate below 0, a length of 0, and a load that is not open.
  bench_load& then(double from, double to, duration over);
  // These throw weir::error errc::invalid_argument for a load that is not open.

  /// Begins again after the last stretch: spikes. \throws also for a load without stretches.
  bench_load& repeat();
  /// Spaces requests as those of independent users are.
  bench_load& poisson();
  /// Burstier than that below a burstiness of 1, more evenly above: a Gamma distribution with it as its shape.
  /// \throws also unless finite and at least 0.01.
  bench_load& gamma(double burstiness);

  kind what() const noexcept { return kind_; }
  std::size_t concurrency() const noexcept { return concurrency_; }
  duration rising() const noexcept { return rising_; }
  const std::vector<stretch>& stretches() const noexcept { return stretches_; }
  bool repeats() const noexcept { return repeats_; }
  bench_load::spacing spaced() const noexcept { return spacing_; }
  double burstiness() const noexcept { return burstiness_; }
  double speed() const noexcept { return speed_; }
  /// Until the end of the last stretch; 0 for a load without an end of its own: of one rate, or one that repeats.
  duration length() const noexcept;
  /// For people: `20 requests/s, Poisson`, `64 requests at once`.
  std::string text() const;

  friend bool operator==(const bench_load&, const bench_load&) = default;

private:
  kind kind_ = kind::closed;
  std::size_t concurrency_ = 1;
  duration rising_{};
  std::vector<stretch> stretches_; // of an open load at least one
  bool constant_ = false;          // the one stretch is that of rate()
  bool repeats_ = false;
  bench_load::spacing spacing_ = bench_load::spacing::even;
  double burstiness_ = 1;
  double speed_ = 1;
};

/// An open load by text: `20`, or stretches with commas, `RATE/TIME` or `FROM..TO/TIME`, with `repeat` after the last
/// one: `10/60s`, `1..50/2m,50/30s`, `5/20s,100/2s,repeat`.
/// \throws weir::error errc::invalid_argument saying what is wrong.
bench_load parse_bench_load(std::string_view text);

WEIR_END_NAMESPACE
