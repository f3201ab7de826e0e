// The records that wait to be synced, and when they are due.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/store/journal.hpp>

namespace weir::inline v0::store {

/// Records on their way to the disk, in the order of their positions. Their texts are copied, unless they are large:
/// the thread of the caller, which made them, frees them too, and its allocator can use their memory again.
class record_batch {
public:
  struct item {
    std::uint64_t position = 0, index = 0, fingerprint = 0;
    std::size_t text = 0; // where the id begins, and behind it the payload
    std::uint32_t id_size = 0, payload_size = 0;
    std::uint8_t kind = 0;
    std::string large; // the payload, if it is not behind the id
    journal::callback done;
  };

  /// Makes room for one more record, so that add() does not fail. \throws std::bad_alloc
  void reserve(const journal_record& r);
  void add(journal_record&& r, std::uint64_t position, journal::callback done) noexcept;
  /// Frees the texts, and keeps some of the memory.
  void clear_texts() noexcept;
  /// Likewise the items, whose texts are freed already.
  void clear_items() noexcept;

  std::vector<item>& items() noexcept { return items_; }
  const std::vector<item>& items() const noexcept { return items_; }
  std::string_view id_of(const item& i) const noexcept { return std::string_view(texts_).substr(i.text, i.id_size); }
  std::string_view payload_of(const item& i) const noexcept {
    return i.large.empty() ? std::string_view(texts_).substr(i.text + i.id_size, i.payload_size) : i.large;
  }
  /// The record at a position; empty if there is none.
  std::optional<journal_record> at(std::uint64_t position) const;

private:
  std::vector<item> items_;
  std::string texts_;
};

/// Group commit: records wait for one another, but not for long, nor for many. Pure.
/// Thread safety: none.
class record_queue {
public:
  using time_point = std::chrono::steady_clock::time_point;

  record_queue(std::chrono::milliseconds interval, std::size_t records) : interval_(interval), records_(records) {}

  /// Makes room for one more record, so that add() does not fail. \throws std::bad_alloc
  void reserve(const journal_record& r) { waiting_.reserve(r); }
  /// `now` matters for the first record that waits only.
  void add(journal_record&& r, std::uint64_t position, journal::callback done, time_point now) noexcept;
  /// Somebody waits for what is there: it is due.
  void hurry() noexcept { hurried_ = true; }

  bool empty() const noexcept { return waiting_.items().empty(); }
  /// Whether to write now, whatever the time.
  bool enough() const noexcept { return hurried_ || waiting_.items().size() >= records_; }
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
