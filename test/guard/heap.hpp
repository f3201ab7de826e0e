// Counts what one side of a process allocates: everything, OpenSSL's memory included.
#pragma once

#include <cstddef>

namespace weir::inline v0::test {

class heap_counts {
public:
  constexpr heap_counts() noexcept = default;
  std::size_t allocations = 0;
  std::size_t bytes = 0;   ///< That were allocated.
  std::ptrdiff_t live = 0; ///< Allocated less freed.
};

/// Thread safety: none; one thread allocates.
heap_counts& heap() noexcept;
/// Only what is allocated and freed meanwhile counts.
void count_heap(bool on) noexcept;

} // namespace weir::inline v0::test
