#include "tool/bench/suite_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/time/duration.hpp"
#include "tool/output/display_width.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

constexpr const char* unknown = "–";

std::string time_at(const bench_result& r, bench_metric m, double share) {
  const auto t = r.at(m, share);
  return t ? format_duration(*t) : unknown;
}

std::string line(const std::string& name, std::size_t columns, const std::string& end, const std::string& calls,
                 const std::string& good, const std::string& rate, const std::string& p50, const std::string& p95,
                 const std::string& whole) {
  std::string text = padded(name, columns) + "  " + padded(end, 8);
  for (const auto* cell : {&calls, &good, &rate, &p50, &p95, &whole})
    text += right_aligned(*cell, 11);
  while (text.ends_with(' '))
    text.pop_back();
  return text + '\n';
}

} // namespace

std::string suite_table(const std::vector<suite_row>& rows) {
  std::size_t columns = 8;
  for (const auto& row : rows)
    columns = std::max(columns, columns_of(one_line(row.name)));
  auto table = line("scenario", columns, "end", "calls", "good", "answers/s", "ttft p50", "ttft p95", "e2e p95");
  for (const auto& row : rows) {
    if (!row.result) {
      table += line(one_line(row.name), columns, row.end, unknown, unknown, unknown, unknown, unknown, unknown);
      continue;
    }
    const auto& r = *row.result;
    table += line(one_line(row.name), columns, row.end, std::to_string(r.calls()),
                  r.calls() == 0 ? unknown : fmt::format("{:.1f} %", 100 * r.good_share()),
                  fmt::format("{:.2f}", r.rate()), time_at(r, bench_metric::ttft, 0.5),
                  time_at(r, bench_metric::ttft, 0.95), time_at(r, bench_metric::e2e, 0.95));
  }
  return table;
}

} // namespace weir::inline v0::cli
