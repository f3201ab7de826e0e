// The search for the rate at which a target breaks. Pure: it says what to try next, and is told what that came to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bench/peak/judge.hpp"

namespace weir::inline v0::peak {

enum class phase {
  climb,  ///< In steps of a half, until a rate breaks; or down, until one does not.
  narrow, ///< Between the two, to the precision.
  hold,   ///< Just below what was found: it must keep up.
  refute, ///< Just above: it must break.
};
const char* name_of(phase p) noexcept;

class search_options {
public:
  search_options() = default;
  double first = 1;              ///< The first rate, in requests a second.
  double most = 1e6;             ///< Not beyond.
  double least = 0.01;           ///< Not below.
  double precision = 0.04;       ///< How far apart the two ends may be in the end, as a share.
  std::size_t least_windows = 3; ///< Of a probe.
  std::size_t most_windows = 8;
  goal wanted;
};

/// A rate that was tried.
class probe {
public:
  probe() = default;
  double rate = 0;
  phase in = phase::climb;
  std::vector<probe_window> windows;
  judgement verdict;
  bool keeps_up = false;
  bool by_estimate = false; ///< Not resolved within the windows: what the shares themselves say.
};

/// A probe of these windows. Where they do not suffice to tell, what the shares themselves say.
probe judged_probe(double rate, std::vector<probe_window> windows, const goal& wanted);

/// What was found.
class finding {
public:
  finding() = default;
  /// The rate that the target keeps up with, between `low`, which was seen to, and `high`, which was seen to break.
  std::optional<double> knee;
  double low = 0;
  std::optional<double> high; ///< Empty: nothing broke up to the greatest rate.
  cause why = cause::none;    ///< Of the break at `high`.
  bool cliff = false;         ///< Above the knee it breaks at once, not by and by.
  bool confirmed = false;     ///< Held and refuted.
  /// Rates that kept up although a lower one broke, and the other way round, as sentences.
  std::vector<std::string> contradictions;
};

/// Thread safety: none.
class search {
public:
  explicit search(search_options o);

  /// The rate to try next; empty: the search is over.
  std::optional<double> next() const noexcept { return rate_; }
  phase now() const noexcept { return phase_; }
  /// After each window of the probe: whether it goes on for another.
  bool wants_more(const std::vector<probe_window>& windows) const;
  /// The probe is over; next() tells the next one.
  void tell(std::vector<probe_window> windows);

  const std::vector<probe>& probes() const noexcept { return probes_; }
  finding result() const;

private:
  void climbed(bool keeps_up);
  void narrow();
  const probe* highest_below(double rate) const noexcept;

  search_options options_;
  std::optional<double> rate_;
  phase phase_ = phase::climb;
  double low_ = 0, high_ = 0; // 0: none yet
  double middle_ = 0;         // of the two, for hold and refute
  bool held_ = false, refuted_ = false;
  int repairs_ = 0;
  std::vector<probe> probes_;
  std::vector<std::string> contradictions_;
};

} // namespace weir::inline v0::peak
