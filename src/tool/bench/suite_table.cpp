#include "tool/bench/suite_table.hpp"

#include <utility>

#include "batch/report/numbers.hpp"
#include "bench/report/table.hpp"
#include "bench/report/words.hpp"
#include "core/time/duration.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

constexpr const char* unknown = "–";

std::string time_at(const bench_result& r, bench_metric m, double share) {
  const auto t = r.at(m, share);
  return t ? format_duration(*t) : unknown;
}

} // namespace

std::string suite_table(const std::vector<suite_row>& rows, std::size_t columns) {
  bench_report::table all(2);
  all.head = {"scenario", "end", "calls", "good", "answers/s", "ttft p50", "ttft p95", "e2e p95"};
  for (const auto& row : rows) {
    std::vector<std::string> cells{one_line(row.name), row.end};
    if (row.result) {
      const auto& r = *row.result;
      cells.insert(cells.end(), {grouped(r.calls()), r.calls() == 0 ? unknown : bench_report::percent(r.good_share()),
                                 bench_report::rate_text(r.rate()), time_at(r, bench_metric::ttft, 0.5),
                                 time_at(r, bench_metric::ttft, 0.95), time_at(r, bench_metric::e2e, 0.95)});
    } else {
      cells.resize(all.head.size(), unknown);
    }
    all.add(std::move(cells));
  }
  return all.text(columns);
}

} // namespace weir::inline v0::cli
