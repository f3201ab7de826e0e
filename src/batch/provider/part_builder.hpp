// From items to parts: as many lines as a provider takes at once. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "batch/provider/part_event.hpp"
#include "batch/provider/part_limits.hpp"

namespace weir::inline v0::vendor_batch {

/// Collects the items of one part. The lines themselves are the caller's: they go to a file.
class part_builder {
public:
  enum class verdict : std::uint8_t {
    fits,
    full,      ///< It belongs into the next part.
    too_large, ///< It fits into none.
  };

  part_builder(part_limits limits, std::string tag) : limits_(limits), tag_(std::move(tag)) {}

  /// `bytes`: of the line, its line feed included. `tokens`: of prompt and answer, estimated.
  verdict check(std::size_t bytes, std::uint64_t tokens) const noexcept;
  /// The custom id of the next line.
  std::string next_id() const { return custom_id(tag_, items_.size()); }
  /// \pre check() has said that it fits.
  void add(part_item item, std::size_t bytes, std::uint64_t tokens);

  bool empty() const noexcept { return items_.empty(); }
  std::uint64_t lines() const noexcept { return items_.size(); }
  std::uint64_t bytes() const noexcept { return bytes_; }
  std::uint64_t tokens() const noexcept { return tokens_; }
  const std::string& tag() const noexcept { return tag_; }

  /// The part, named by its content. `sha256`: of all lines.
  part_event finish(std::string sha256, std::int64_t at);

private:
  part_limits limits_;
  std::string tag_;
  std::vector<part_item> items_;
  std::uint64_t bytes_ = 0, tokens_ = 0;
};

/// The same line under another custom id, which is the first string of its value in it.
/// \pre `from` is the line's custom id.
std::string renamed_line(std::string_view line, std::string_view from, std::string_view to);

/// What a request may take of a ceiling of enqueued tokens: a quarter of its bytes, and the longest answer it allows.
std::uint64_t tokens_of(std::size_t bytes, std::uint64_t max_tokens) noexcept;

} // namespace weir::inline v0::vendor_batch
