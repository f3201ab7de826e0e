#include "provider/chat/openai/reasoning_details.hpp"

#include <algorithm>

namespace weir::inline v0::provider {

namespace json = codec::json;

namespace {

constexpr std::size_t max_size = std::size_t{8} << 20;
constexpr std::size_t max_blocks = 256;

bool is_joined(std::string_view key) noexcept { return key == "text" || key == "summary" || key == "data"; }

} // namespace

reasoning_details::block* reasoning_details::open_block(const codec::node& piece, std::string_view type,
                                                        std::size_t slot) noexcept {
  const auto index = codec::uint_at(piece, "index");
  const auto same = [&](const block& b) {
    const auto* of = b.members.if_contains("type");
    return b.slot == slot && b.index == index && of && of->is_string() && of->get_string() == type;
  };
  const auto at = std::find_if(blocks_.rbegin(), blocks_.rend(), same);
  return at == blocks_.rend() ? nullptr : &*at;
}

void reasoning_details::add(const codec::node& pieces, std::size_t slot) {
  for (const auto& piece : pieces.elements()) {
    const auto type = codec::string_at(piece, "type").value_or("");
    if (!piece.is_object() || !type.starts_with("reasoning.") || size_ > max_size)
      continue;
    auto* b = open_block(piece, type, slot);
    if (!b && blocks_.size() < max_blocks) {
      b = &blocks_.emplace_back();
      b->slot = slot;
      b->index = codec::uint_at(piece, "index");
    }
    if (!b)
      continue;
    for (const auto member : piece.members()) {
      const auto key = member.key();
      const auto& v = member.value();
      const bool nested = v.is_array() || v.is_object();
      size_ += key.size() + (v.is_string() ? v.get_string().size() : nested ? codec::to_text(v).size() : 8);
      if (size_ > max_size)
        return;
      auto& kept = b->members[key];
      if (is_joined(key) && kept.is_string() && v.is_string())
        kept.get_string().append(v.get_string());
      else if (!v.is_null() || kept.is_null())
        kept = codec::to_value(v);
    }
  }
}

void reasoning_details::emit(std::vector<event>& out) {
  if (size_ <= max_size)
    for (const auto& b : blocks_)
      out.emplace_back(event::kind::reasoning_block, codec::to_text(b.members), static_cast<std::uint32_t>(b.slot));
  blocks_.clear();
}

} // namespace weir::inline v0::provider
