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
  /// Each line ends with a line feed, without blanks before it. Lines are no longer than `columns`, unless that is 0 or
  /// a cell alone is longer: further columns stand below the others, beside those on the left, and a text in the last
  /// column goes on in the next line.
  std::string text(std::size_t columns = 0) const;
};

} // namespace weir::inline v0::bench_report
