#include "store/journal/record_queue.hpp"

#include <algorithm>
#include <utility>

namespace weir::inline v0::store {

const journal_record* record_at(const record_batch& batch, std::uint64_t position) noexcept {
  const auto found = std::ranges::lower_bound(batch, position, {}, &queued_record::position);
  return found != batch.end() && found->position == position ? &found->record : nullptr;
}

void record_queue::reserve() {
  if (waiting_.size() == waiting_.capacity())
    waiting_.reserve(std::max<std::size_t>(16, 2 * waiting_.size()));
}

void record_queue::add(queued_record r, time_point now) noexcept {
  if (waiting_.empty())
    first_ = now;
  waiting_.push_back(std::move(r));
}

void record_queue::take(record_batch& batch) noexcept {
  std::swap(batch, waiting_);
  hurried_ = false;
}

} // namespace weir::inline v0::store
