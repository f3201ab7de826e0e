// What a batch does next: when to read, when to ask again, when it is over. Without I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>

namespace weir::inline v0::batch_engine {

/// The numbers of batch_options that decide.
class core_limits {
public:
  core_limits() = default;
  std::size_t in_flight = 64;
  bool ordered = false;
  unsigned rounds = 1;
  std::size_t max_again = 10'000;
  std::size_t max_failures_in_a_row = 100;
  duration longest_outage = std::chrono::minutes(10);
};

/// What becomes of an answer.
enum class verdict : std::uint8_t {
  final_result,
  again,     ///< Failed for a reason that may pass: asked again later.
  postponed, ///< Not sent, because a budget had no room: asked again when there is some, which is no further try, and
             ///< before anything else is.
  deferred,  ///< Not sent, because the target is down and its circuit open, or takes no calls until a time that it has
             ///< named: asked again with those that failed, which is no further try.
  given_up,  ///< No result: the job ended it, or cannot go on; the next run asks it.
};

/// Counts items through their stations: read → in flight → (again → in flight)* → unwritten → written; or, of
/// followers: read → following → unwritten → written. Thread safety: none.
class batch_core {
public:
  explicit batch_core(core_limits l) : limits_(l) {}

  /// Whether the next item may be taken from the source.
  bool may_read(time_point now) const noexcept;
  /// Whether an item that waits to be asked again may be started at `now`.
  bool may_start_again(time_point now) const noexcept;
  /// When something may be started that may not yet, if that is what is waited for.
  std::optional<time_point> wakes_at(time_point now) const noexcept;
  /// Whether everything that will have a result has been written.
  bool finished() const noexcept;

  /// An item was read; its index.
  std::uint64_t read() noexcept { return read_++; }
  /// What was read needs no call: it has its result.
  void skipped() noexcept { ++unwritten_; }
  /// What was read waits for the answer of an equal item.
  void followed() noexcept { ++following_; }
  void started() noexcept { ++in_flight_; }
  void started_again() noexcept {
    --again_;
    if (postponed_ > 0)
      --postponed_;
    ++in_flight_;
  }
  void input_ended() noexcept { input_ended_ = true; }
  /// \param round how often the item has been asked again before. `more`: its followers, which end with it.
  verdict answered(const failure& f, bool answer, unsigned round, std::size_t more, time_point now);
  /// Items that wait to be asked again, first in, first out, but those that were postponed before the others: when the
  /// one that has just been put there, and when the next one may be started.
  time_point not_before(const failure& f, unsigned round, time_point now) const noexcept;
  void next_again(std::optional<time_point> at) noexcept { again_at_ = at; }
  /// The result of an item that was in flight is in the journal, or needs not be, or cannot.
  void saved() noexcept { --unsaved_; }
  /// A result was given to the sink, or need not be.
  void written() noexcept { --unwritten_; }
  /// In an ordered job: the index of the next result to be given.
  void moved_to(std::uint64_t index) noexcept { next_out_ = index; }

  /// Nothing further is started. The first reason is kept.
  void drain(std::string why);
  bool draining() const noexcept { return draining_; }
  const std::string& why() const noexcept { return why_; }

  std::uint64_t items_read() const noexcept { return read_; }
  std::size_t in_flight() const noexcept { return in_flight_; }
  /// Those that wait for the answers of others.
  std::size_t following() const noexcept { return following_; }
  std::size_t again() const noexcept { return again_; }
  /// Of those, the ones that were postponed.
  std::size_t postponed() const noexcept { return postponed_; }
  bool at_end() const noexcept { return input_ended_; }

private:
  bool is_down() const noexcept;
  verdict held_by_outage(const failure& f, std::size_t more, time_point now);
  std::optional<verdict> held_until_named_time(const failure& f, unsigned round, std::size_t more, time_point now);
  // When the first item that waits may be started again, if its turn has come.
  std::optional<time_point> again_at() const noexcept;
  bool is_held(time_point now) const noexcept { return blocked_ || now < held_until_; }
  // What is not saved would be asked again after a kill.
  bool has_place() const noexcept {
    return in_flight_ < limits_.in_flight && in_flight_ + unsaved_ < 2 * limits_.in_flight && in_flight_ < room_;
  }
  bool window_is_full() const noexcept { return limits_.ordered && read_ - next_out_ >= limits_.in_flight; }

  core_limits limits_;
  std::uint64_t read_ = 0;
  std::uint64_t next_out_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t room_ = std::numeric_limits<std::size_t>::max(); // for calls in flight, as budgets have shown
  std::size_t again_ = 0;
  std::size_t postponed_ = 0; // of those
  std::size_t following_ = 0;
  std::size_t unsaved_ = 0;
  std::size_t unwritten_ = 0; // the unsaved ones included
  std::size_t in_a_row_ = 0;
  bool input_ended_ = false;
  bool draining_ = false;
  bool blocked_ = false;            // until a call ends that gives room in a budget
  time_point held_until_ = {};      // for a budget's next window, or the next try of a target that is down or throttles
  bool has_answered_ = false;       // before, a wrong address is likelier than an outage
  std::size_t refused_ = 0;         // by an open circuit, without an answer in between
  time_point down_since_ = {};      // of the first of them
  std::optional<time_point> named_; // by a 429: when calls are taken again, if none has been answered since
  std::optional<time_point> again_at_;
  std::string why_;
};

} // namespace weir::inline v0::batch_engine
