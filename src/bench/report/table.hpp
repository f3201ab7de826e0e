// Text in columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::bench_report {

/// Rows of cells. The first columns are aligned to the left, the others to the right.
class table {
public:
  explicit table(std::size_t left_columns = 1) : left(left_columns) {}

  std::size_t left;
  std::vector<std::string> head; ///< May be empty.
  std::vector<std::vector<std::string>> rows;

  void add(std::vector<std::string> cells) { rows.push_back(std::move(cells)); }
  bool empty() const noexcept { return rows.empty(); }
  /// Each line begins with `margin` and ends with a line feed, without blanks before it.
  std::string text(std::string_view margin = "") const;
};

} // namespace weir::inline v0::bench_report
