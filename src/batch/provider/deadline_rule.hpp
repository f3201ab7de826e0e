// A job with a deadline: by the provider's batches while they can make it, live for the rest when they cannot. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <weir/core/time.hpp>

#include "batch/provider/wall_clock.hpp"

namespace weir::inline v0::vendor_batch {

/// How long batches took, as far as it is known.
class learnt_durations {
public:
  /// A batch that has ended, from its creation.
  void add(duration took);
  /// The time within which nine of ten were done; empty before there was one.
  std::optional<duration> most() const;
  std::optional<duration> median() const;

private:
  std::optional<duration> at(double share) const;
  std::vector<duration> all_; // sorted; the last 200
};

/// What is known when it is decided.
class deadline_question {
public:
  deadline_question() = default;
  wall_point now{};
  wall_point deadline{};
  std::uint64_t items_left = 0; ///< Without a result.
  /// Items a second, live: measured, or guessed from concurrency and the time of an answer.
  double live_rate = 0;
  /// Of the oldest batch that is not done; empty before one has been created.
  std::optional<duration> age;
  std::optional<double> progress; ///< 0 … 1, of those lines, where the provider tells.
  bool finalizing = false;        ///< All lines are answered: only the files are missing.
  std::optional<duration> median, most;
  /// From the decision to the last result of a cancelled batch.
  duration cancel_time = std::chrono::minutes(2);
};

class deadline_answer {
public:
  deadline_answer() = default;
  bool live = false;
  wall_point again_at{};    ///< When to ask again at the latest; while it is not live.
  wall_point last_moment{}; ///< When live calls have to begin in order to make it.
};

/// The batch is kept as long as live calls could still make the deadline, with a quarter of their time to spare. Once
/// they only just can, it is kept only if it is going to end in time: it is finalizing, or by its progress nearly done.
/// Before the first batch, one is tried only if at least half of all batches are done by the last moment (where
/// nothing is known: if a half hour is left).
deadline_answer decide(const deadline_question& q);

} // namespace weir::inline v0::vendor_batch
