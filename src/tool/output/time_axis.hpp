// The axis of a plot of hours, days, weeks or months.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::cli {

/// A place on the axis: a date, or so many of them in a row that are left out.
class axis_mark {
public:
  explicit axis_mark(std::string name) : name(std::move(name)) {}
  explicit axis_mark(std::uint64_t skipped) : skipped(skipped) {}
  std::string name;
  std::uint64_t skipped = 0; ///< 0 for a date.
};

/// Whether sums by this are sums by time: `hour`, `day`, `week` or `month`.
bool is_date(std::string_view by) noexcept;

/// As strftime() takes it: `%Y-%m-%d %H:00`, `%Y-%m-%d`, `%G-W%V` or `%Y-%m`; empty unless is_date(by).
const char* date_format(std::string_view by) noexcept;

/// `dates`, in their order, with those between them for which there is nothing; where more than 14 in a row are, they
/// are one mark. `from`, `to`: where the axis begins and ends at least; empty: with the dates. What is no such date, as
/// `other` is none, keeps its place.
std::vector<axis_mark> time_axis(std::string_view by, const std::vector<std::string>& dates,
                                 const std::string& from = {}, const std::string& to = {});

} // namespace weir::inline v0::cli
