// The tables of reports, in every form. A table without rows has nothing to tell.
#pragma once

#include "bench/record/record.hpp"
#include "bench/report/table.hpp"

namespace weir::inline v0::bench_report {

/// Calls, rates, tokens and cost; a column for each target.
table totals_table(const bench_result& whole);
/// A row for each metric and target: n, mean, percentiles, the longest. All metrics, or those that tell the most.
table times_table(const bench_result::record& r, bool all);
/// Times of which another tool's file tells no more than these figures.
table told_times_table(const bench_result::record& r);
/// Failures by kind with an example, and misses of objectives.
table failures_table(const bench_result::record& r);
table probes_table(const bench_record::peak_record& p);
/// What the provider tells of its limits.
table limits_table(const bench_result::record& r);

} // namespace weir::inline v0::bench_report
