// The times as a table for spreadsheets, in milliseconds. A percentile that may not be claimed is an empty cell.
#include <weir/bench/result.hpp>

#include <string>
#include <vector>

#include "batch/output/table.hpp"
#include "bench/report/figures.hpp"
#include "bench/report/words.hpp"
#include "codec/json/json.hpp"
#include "core/time/in_seconds.hpp"

WEIR_BEGIN_NAMESPACE

namespace {

std::string exact(duration d) { return codec::to_text(codec::json::value(in_milliseconds(d))); }

} // namespace

std::string bench_result::csv() const {
  std::vector<std::string> head{"metric", "unit", "count", "mean"};
  for (const auto& [name, share] : bench_report::shown_percentiles)
    head.emplace_back(name);
  head.insert(head.end(), {"max", "target"});
  std::string out;
  append_row(out, head, ',');
  for (std::size_t i = 0; i < record_->targets.size(); ++i)
    for (std::size_t m = 0; m < bench_metrics; ++m) {
      const auto& h = record_->told(i).times[m];
      std::vector<std::string> cells{std::string(name_of(static_cast<bench_metric>(m))), "ms",
                                     std::to_string(h.count()), h.empty() ? "" : exact(h.mean())};
      for (const auto& [name, share] : bench_report::shown_percentiles) {
        const auto p = measure::percentile_of(h, share).value;
        cells.push_back(p ? exact(*p) : "");
      }
      cells.push_back(h.empty() ? "" : exact(h.max()));
      cells.push_back(record_->targets[i].name);
      append_row(out, cells, ',');
    }
  return out;
}

WEIR_END_NAMESPACE
