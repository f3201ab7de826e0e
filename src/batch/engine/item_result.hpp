// What a job writes into the results of its items.
#pragma once

#include <cstdint>

#include <weir/batch/item.hpp>
#include <weir/batch/result.hpp>

namespace weir::inline v0::batch_engine {

inline bool is_answer(outcome o) noexcept {
  return o == outcome::complete || o == outcome::length || o == outcome::filtered;
}

/// What is the item's own. `index`: how many were read before it.
inline void describe(batch_result& r, const batch_item& item, std::uint64_t index) {
  r.id = item.id();
  r.index = item.place().value_or(index);
  r.columns = item.columns();
  r.origin = item.origin();
}
} // namespace weir::inline v0::batch_engine
