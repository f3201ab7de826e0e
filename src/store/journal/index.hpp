// The states of a journal's ids in memory. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <weir/store/journal.hpp>

#include "store/journal/id_hash.hpp"

namespace weir::inline v0::store {

/// From here on kinds of records are no states.
constexpr std::uint8_t first_stateless_kind = 128;

/// Ids by hash with their states. An id takes 32 bytes, and its place in the table 7.5 to 15, with the old table 22.5
/// while a new one is made: entries are never moved, only their numbers are.
/// Thread safety: none.
class id_index {
public:
  /// Sets an id's state. `kind` is below first_stateless_kind, `position` below 2^56.
  /// \throws std::bad_alloc, and nothing is changed; also when there are 2^32 ids.
  void set(const id_hash& id, std::uint8_t kind, std::uint64_t fingerprint, std::uint64_t position);

  std::optional<journal::entry> find(const id_hash& id) const noexcept;
  /// How many ids have this state.
  std::uint64_t count(std::uint8_t kind) const noexcept;
  std::uint64_t size() const noexcept { return size_; }
  /// Of the heap.
  std::size_t bytes() const noexcept;

private:
  struct entry {
    id_hash id;
    std::uint64_t fingerprint;
    std::uint64_t place; // the position, and in the low byte the kind
  };
  // An entry's number, one added (0: no entry), and bits of its hash, so that few others are looked at. In pieces of
  // 16 bits, for 6 bytes.
  struct slot {
    std::uint16_t tag = 0, low = 0, high = 0;
  };
  static constexpr std::size_t chunk = 4096;

  entry& at(std::size_t n) noexcept { return chunks_[n / chunk][n % chunk]; }
  const entry& at(std::size_t n) const noexcept { return chunks_[n / chunk][n % chunk]; }
  // The slot of the id, or the empty one where it belongs.
  std::size_t slot_of(const id_hash& id) const noexcept;
  void grow();

  std::vector<std::unique_ptr<entry[]>> chunks_;
  std::vector<slot> slots_; // a power of two
  std::size_t size_ = 0;
  std::array<std::uint64_t, first_stateless_kind> counts_{};
};

} // namespace weir::inline v0::store
