#include "provider/chat/responses/responses_items.hpp"

#include <algorithm>

namespace weir::inline v0::provider {

namespace {

// Bounds what a hostile stream can make us keep.
constexpr std::size_t max_items = 4096;

} // namespace

bool response_items::all_done() const noexcept {
  return !items_.empty() && std::all_of(items_.begin(), items_.end(), [](const response_item& i) { return i.done; });
}

// By its id; servers that give each event a different id do keep the place in the output.
response_item* response_items::known(std::string_view id, std::optional<std::uint64_t> index, std::string_view type) {
  const auto fits = [&](const response_item& i) { return type.empty() || i.type.empty() || i.type == type; };
  for (auto& i : items_)
    if (!id.empty() && i.id == id)
      return &i;
  for (auto i = items_.rbegin(); i != items_.rend(); ++i)
    if (index && i->index == index && fits(*i))
      return &*i;
  return nullptr;
}

response_item& response_items::made(std::string_view id, std::optional<std::uint64_t> index, std::string_view type) {
  if (items_.size() == max_items) {
    too_many_ = true;
    return items_.back();
  }
  auto& i = items_.emplace_back();
  i.id = id;
  i.index = index;
  i.type = type;
  return i;
}

response_item& response_items::of_event(const codec::node& v, const codec::node& given, bool begins) {
  const auto id = codec::string_at(given, "id").value_or("");
  const auto index = codec::uint_at(v, "output_index");
  const auto type = codec::string_at(given, "type").value_or("");
  auto* i = known(id, index, type);
  if (i && begins && !id.empty() && !i->id.empty() && i->id != id)
    i = nullptr; // a different one at the same place
  if (!i && !begins && id.empty() && !index)
    i = last_of(type);
  return i ? *i : made(id, index, type);
}

response_item& response_items::of_piece(const codec::node& v, std::string_view type) {
  const auto id = codec::string_at(v, "item_id").value_or("");
  const auto index = codec::uint_at(v, "output_index");
  auto* i = known(id, index, type);
  if (!i && id.empty() && !index)
    i = last_of(type);
  return i ? *i : made(id, index, type);
}

response_item& response_items::of_list(const codec::node& given, std::size_t n) {
  const auto id = codec::string_at(given, "id").value_or("");
  const auto type = codec::string_at(given, "type").value_or("");
  auto* i = known(id, n, type);
  if (!i || i->matched) {
    const auto free = std::find_if(items_.begin(), items_.end(), [&](const response_item& one) {
      return !one.matched && one.type == type && (id.empty() || one.id.empty());
    });
    i = free == items_.end() ? nullptr : &*free;
  }
  auto& found = i ? *i : made(id, n, type);
  found.matched = true;
  return found;
}

response_item* response_items::last_of(std::string_view type) {
  const auto i =
      std::find_if(items_.rbegin(), items_.rend(), [&](const response_item& one) { return one.type == type; });
  return i == items_.rend() ? nullptr : &*i;
}

} // namespace weir::inline v0::provider
