// The records that wait to be synced, and when they are due.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <weir/store/journal.hpp>

namespace weir::inline v0::store {

/// A record on its way to the disk.
struct queued_record {
  std::uint64_t position = 0;
  journal_record record;
  journal::callback done;
};

using record_batch = std::vector<queued_record>;

/// The record at a position of a batch, which is in the order of positions; null if it has none there.
const journal_record* record_at(const record_batch& batch, std::uint64_t position) noexcept;

/// Group commit: records wait for one another, but not for long, nor for many. Pure.
/// Thread safety: none.
class record_queue {
public:
  using time_point = std::chrono::steady_clock::time_point;

  record_queue(std::chrono::milliseconds interval, std::size_t records) : interval_(interval), records_(records) {}

  /// Makes room for one more record, so that add() does not fail. \throws std::bad_alloc
  void reserve();
  void add(queued_record r, time_point now) noexcept;
  /// Somebody waits for what is there: it is due.
  void hurry() noexcept { hurried_ = true; }

  bool empty() const noexcept { return waiting_.empty(); }
  /// Whether to write now, whatever the time.
  bool enough() const noexcept { return hurried_ || waiting_.size() >= records_; }
  /// When to write at the latest, if there is anything.
  time_point due() const noexcept { return first_ + interval_; }
  /// Takes all; `batch`, which is empty, leaves its memory here.
  void take(record_batch& batch) noexcept;
  const record_batch& waiting() const noexcept { return waiting_; }

private:
  std::chrono::milliseconds interval_;
  std::size_t records_;
  record_batch waiting_;
  time_point first_;
  bool hurried_ = false;
};

} // namespace weir::inline v0::store
