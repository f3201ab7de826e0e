// The charts of a report. Each is a <figure>, or empty if there is nothing to draw.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/record/record.hpp"

namespace weir::inline v0::bench_report {

/// Styles, as the page has them, and what is drawn in them.
using legend = std::vector<std::pair<std::string, std::string>>;
std::string figure(std::string_view title, std::string_view explanation, const legend& keys, std::string_view picture);
/// The style of a target's lines: `s1` to `s4`, again and again.
std::string series(std::size_t target);

/// A metric by percentile, on an axis on which each further 9 takes as much room, with the band in which it is with 95
/// % confidence; as far as there are calls enough.
std::string percentile_chart(const bench_result::record& r, bench_metric m, std::string_view title,
                             std::string_view explanation);

/// Offered, complete and good requests a second over time.
std::string rates_chart(const bench_result::record& r);
/// How the times of a target are spread over time.
std::string heat_map(const bench_result::record& r, std::size_t target);
/// When calls failed, were refused for their rate, and the load generator did not keep up.
std::string marks_chart(const bench_result::record& r);
std::string in_flight_chart(const bench_result::record& r);
std::string tokens_chart(const bench_result::record& r);

/// How the load generator did: sending, its event loop, CPU.
std::string send_delay_chart(const bench_result::record& r);
std::string loop_lag_chart(const bench_result::record& r);
std::string cpu_chart(const bench_result::record& r);

/// Of a search for the peak: good answers, and times, by the rate offered.
std::string goodput_chart(const bench_result::record& r);
std::string times_by_rate_chart(const bench_result::record& r);

/// Ratios of targets with their intervals.
std::string comparison_chart(const bench_result::record& r);

} // namespace weir::inline v0::bench_report
