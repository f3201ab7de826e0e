#include "batch/provider/part_builder.hpp"

#include <utility>

namespace weir::inline v0::vendor_batch {

namespace {

// What a form or an array has around the lines.
constexpr std::uint64_t around = 4096;

} // namespace

part_builder::verdict part_builder::check(std::size_t bytes, std::uint64_t tokens) const noexcept {
  if (bytes > limits_.line_bytes || bytes + around > limits_.bytes || tokens > limits_.tokens)
    return verdict::too_large;
  if (items_.size() >= limits_.lines || bytes > limits_.bytes - around - bytes_ || tokens > limits_.tokens - tokens_)
    return verdict::full;
  return verdict::fits;
}

void part_builder::add(part_item item, std::size_t bytes, std::uint64_t tokens) {
  items_.push_back(std::move(item));
  bytes_ += bytes;
  tokens_ += tokens;
}

part_event part_builder::finish(std::string sha256, std::int64_t at) {
  part_event e(part_step::planned, "part-" + sha256.substr(0, 16), at);
  e.sha256 = std::move(sha256);
  e.tag = tag_;
  e.items = std::exchange(items_, {});
  bytes_ = tokens_ = 0;
  return e;
}

std::string renamed_line(std::string_view line, std::string_view from, std::string_view to) {
  const auto quoted = '"' + std::string(from) + '"';
  const auto at = line.find(quoted);
  std::string out(line);
  if (at != std::string_view::npos)
    out.replace(at + 1, from.size(), to);
  return out;
}

std::uint64_t tokens_of(std::size_t bytes, std::uint64_t max_tokens) noexcept { return bytes / 4 + max_tokens; }

} // namespace weir::inline v0::vendor_batch
