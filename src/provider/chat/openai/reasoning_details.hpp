// OpenRouter's `reasoning_details`, put together from a stream's pieces.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <weir/task/event.hpp>

#include "codec/json/node.hpp"

namespace weir::inline v0::provider {

/// The blocks of reasoning that the API wants back with an answer. Pieces of one block have the same index and type;
/// their texts are joined, and of every other member the last value counts. Nothing is kept of more than 8 MiB, since
/// what is not complete is refused.
class reasoning_details {
public:
  /// The blocks in a chunk, of the answer at `slot`; those of other forms are ignored.
  void add(const codec::node& pieces, std::size_t slot);
  /// Emits every block, once.
  void emit(std::vector<event>& out);

private:
  class block {
  public:
    block() = default;
    std::size_t slot = 0;
    std::optional<std::uint64_t> index;
    codec::json::object members;
  };

  block* open_block(const codec::node& piece, std::string_view type, std::size_t slot) noexcept;

  std::vector<block> blocks_;
  std::size_t size_ = 0;
};

} // namespace weir::inline v0::provider
