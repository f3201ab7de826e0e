// What the scenarios of a suite came to, as a table.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <weir/bench/result.hpp>

namespace weir::inline v0::cli {

class suite_row {
public:
  suite_row(std::string n, std::string e, std::optional<bench_result> r)
      : name(std::move(n)), end(std::move(e)), result(std::move(r)) {}
  std::string name;
  std::string end; ///< `passed`, `failed`, `invalid`, `stopped`, `not run`, `error`.
  std::optional<bench_result> result;
};

/// A line for each, after one of headings. Of several targets the first. `columns`: of the terminal; 0: no limit.
std::string suite_table(const std::vector<suite_row>& rows, std::size_t columns = 0);

} // namespace weir::inline v0::cli
