#include "store/journal/record_queue.hpp"

#include <algorithm>
#include <utility>

namespace weir::inline v0::store {

namespace {

// A payload from here on is not copied.
constexpr std::size_t large_payload = std::size_t{16} << 10;

// Memory for more than so much is given back.
constexpr std::size_t usual_items = 1024;
constexpr std::size_t usual_texts = std::size_t{4} << 20;

std::size_t copied_of(const journal_record& r) noexcept {
  return r.id.size() + (r.payload.size() < large_payload ? r.payload.size() : 0);
}

} // namespace

void record_batch::reserve(const journal_record& r) {
  if (items_.size() == items_.capacity())
    items_.reserve(std::max<std::size_t>(16, 2 * items_.size()));
  const auto texts = texts_.size() + copied_of(r);
  if (texts > texts_.capacity())
    texts_.reserve(std::max(texts, 2 * texts_.size()));
}

void record_batch::add(journal_record&& r, std::uint64_t position, journal::callback done) noexcept {
  auto& i = items_.emplace_back();
  i.position = position;
  i.index = r.index;
  i.fingerprint = r.fingerprint;
  i.text = texts_.size();
  i.id_size = static_cast<std::uint32_t>(r.id.size());
  i.payload_size = static_cast<std::uint32_t>(r.payload.size());
  i.kind = r.kind;
  i.done = std::move(done);
  texts_ += r.id;
  if (r.payload.size() < large_payload)
    texts_ += r.payload;
  else
    i.large = std::move(r.payload);
}

void record_batch::clear_texts() noexcept {
  texts_.clear();
  if (texts_.capacity() > usual_texts)
    texts_ = std::string();
  for (auto& i : items_)
    i.large = std::string();
}

void record_batch::clear_items() noexcept {
  items_.clear();
  if (items_.capacity() > usual_items)
    items_ = std::vector<item>();
}

std::optional<journal_record> record_batch::at(std::uint64_t position) const {
  const auto found = std::ranges::lower_bound(items_, position, {}, &item::position);
  if (found == items_.end() || found->position != position)
    return std::nullopt;
  journal_record r(found->kind, std::string(id_of(*found)), std::string(payload_of(*found)));
  r.index = found->index;
  r.fingerprint = found->fingerprint;
  return r;
}

void record_queue::add(journal_record&& r, std::uint64_t position, journal::callback done, time_point now) noexcept {
  if (empty())
    first_ = now;
  waiting_.add(std::move(r), position, std::move(done));
}

void record_queue::take(record_batch& batch) noexcept {
  std::swap(batch, waiting_);
  hurried_ = false;
}

} // namespace weir::inline v0::store
