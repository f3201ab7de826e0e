// Prometheus' text exposition format 0.0.4.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace weir::inline v0 {

/// Counts of values per bucket, not cumulative, the last one beyond all bounds.
template <std::size_t N>
class histogram {
public:
  histogram() = default;
  void add(const std::array<double, N>& bounds, double v) noexcept {
    std::size_t i = 0;
    while (i < N && v > bounds[i])
      ++i;
    ++counts[i];
    sum += v;
  }
  std::array<std::uint64_t, N + 1> counts{};
  double sum = 0;
};

/// A label's name and value; the name must be a valid one.
using label_view = std::pair<std::string_view, std::string_view>;

/// Writes families of metrics.
class exposition {
public:
  /// Begins a family: all its samples follow.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(std::span<const label_view> labels, double v) { line({}, labels, {}, v); }
  void sample(std::span<const label_view> labels, std::uint64_t v) { line({}, labels, {}, static_cast<double>(v)); }
  template <std::size_t N>
  void sample(std::span<const label_view> labels, const std::array<double, N>& bounds, const histogram<N>& h) {
    buckets(labels, bounds, h.counts, h.sum);
  }
  const std::string& text() const noexcept { return text_; }

private:
  void line(std::string_view suffix, std::span<const label_view> labels, std::string_view le, double v);
  void buckets(std::span<const label_view> labels, std::span<const double> bounds,
               std::span<const std::uint64_t> counts, double sum);

  std::string text_;
  std::string name_;
};

/// `name` with `_` for characters that Prometheus does not allow in names.
std::string allowed_name(std::string_view name);
/// Whether text is valid UTF-8 (RFC 3629).
bool is_utf8(std::string_view text) noexcept;

} // namespace weir::inline v0
