// The items of a response's output, and which one an event is about.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/node.hpp"
#include "provider/answer/running_text.hpp"

namespace weir::inline v0::provider {

/// What one item has emitted so far. A reasoning item has a summary and the text itself.
class response_item {
public:
  response_item() = default;
  std::string id;
  std::optional<std::uint64_t> index; // its place in the output
  std::string type;
  std::optional<std::uint32_t> call;
  bool done = false;    // the server said so
  bool matched = false; // found in the final list
  bool kept = false;    // its encrypted reasoning was emitted
  running_text text, summary, refusal;
  // Of these, the parts currently being emitted.
  running_text text_part, summary_part;
  std::uint64_t text_at = 0, summary_at = 0;
};

/// Servers identify items by an id, by a place in the output, by neither, or give each event a different id.
class response_items {
public:
  /// The item of an `output_item` event, created if new.
  response_item& of_event(const codec::node& v, const codec::node& given, bool begins);
  /// The item of a piece; the last one of its type if the server does not say which.
  response_item& of_piece(const codec::node& v, std::string_view type);
  /// The item of an element of the final list: by id, by place, or the first of its type that is not yet matched.
  response_item& of_list(const codec::node& given, std::size_t n);

  /// Whether there are items, and the server reported each of them done.
  bool all_done() const noexcept;
  /// Whether there would be more than 4096: further ones are read as a part of the last one.
  bool too_many() const noexcept { return too_many_; }
  std::vector<response_item>& all() noexcept { return items_; }

private:
  response_item* known(std::string_view id, std::optional<std::uint64_t> index, std::string_view type);
  response_item* last_of(std::string_view type);
  response_item& made(std::string_view id, std::optional<std::uint64_t> index, std::string_view type);

  std::vector<response_item> items_;
  bool too_many_ = false;
};

} // namespace weir::inline v0::provider
