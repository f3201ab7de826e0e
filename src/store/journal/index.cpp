#include "store/journal/index.hpp"

#include <limits>
#include <new>

namespace weir::inline v0::store {

namespace {

constexpr std::size_t least_slots = 64;

// Ten places for eight ids at most.
constexpr bool full(std::size_t ids, std::size_t slots) { return ids >= slots / 10 * 8; }

template <class Slot>
std::uint32_t number_in(const Slot& s) noexcept {
  return static_cast<std::uint32_t>(s.high) << 16 | s.low;
}

} // namespace

std::size_t id_index::slot_of(const id_hash& id) const noexcept {
  const auto tag = static_cast<std::uint16_t>(id.high);
  for (std::size_t i = id.low & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
    const auto number = number_in(slots_[i]);
    if (number == 0 || (slots_[i].tag == tag && at(number - 1).id == id))
      return i;
  }
}

void id_index::grow() {
  std::vector<slot> larger(slots_.empty() ? least_slots : 2 * slots_.size());
  const auto mask = larger.size() - 1;
  for (std::size_t n = 0; n < size_; ++n) {
    const auto& id = at(n).id;
    auto i = id.low & mask;
    while (number_in(larger[i]) != 0)
      i = (i + 1) & mask;
    larger[i] = {static_cast<std::uint16_t>(id.high), static_cast<std::uint16_t>(n + 1),
                 static_cast<std::uint16_t>((n + 1) >> 16)};
  }
  slots_ = std::move(larger);
}

void id_index::set(const id_hash& id, std::uint8_t kind, std::uint64_t fingerprint, std::uint64_t position) {
  if (full(size_, slots_.size()))
    grow();
  const auto i = slot_of(id);
  const auto place = position << 8 | kind;
  if (const auto number = number_in(slots_[i]); number != 0) {
    auto& e = at(number - 1);
    --counts_[e.place & 255];
    e.fingerprint = fingerprint;
    e.place = place;
  } else {
    if (size_ == std::numeric_limits<std::uint32_t>::max())
      throw std::bad_alloc();
    if (size_ == chunks_.size() * chunk)
      chunks_.push_back(std::make_unique_for_overwrite<entry[]>(chunk));
    at(size_++) = {id, fingerprint, place};
    slots_[i] = {static_cast<std::uint16_t>(id.high), static_cast<std::uint16_t>(size_),
                 static_cast<std::uint16_t>(size_ >> 16)};
  }
  ++counts_[kind];
}

std::optional<journal::entry> id_index::find(const id_hash& id) const noexcept {
  if (slots_.empty())
    return {};
  const auto number = number_in(slots_[slot_of(id)]);
  if (number == 0)
    return {};
  const auto& e = at(number - 1);
  journal::entry found;
  found.kind = static_cast<std::uint8_t>(e.place);
  found.fingerprint = e.fingerprint;
  found.position = e.place >> 8;
  return found;
}

std::uint64_t id_index::count(std::uint8_t kind) const noexcept { return kind < counts_.size() ? counts_[kind] : 0; }

std::size_t id_index::bytes() const noexcept {
  return chunks_.size() * chunk * sizeof(entry) + chunks_.capacity() * sizeof(chunks_[0]) +
         slots_.capacity() * sizeof(slot);
}

} // namespace weir::inline v0::store
