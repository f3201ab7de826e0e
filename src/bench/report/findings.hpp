// What a benchmark was to find out, what it found, and what to bear in mind: in sentences.
#pragma once

#include <string>
#include <vector>

#include "bench/record/record.hpp"

namespace weir::inline v0::bench_report {

std::string question(const bench_result::record& r);
/// One sentence or more for each target, comparison, or the peak.
std::vector<std::string> answers(const bench_result::record& r);
std::string comparison_text(const bench_result::record& r, const bench_record::comparison& c);
/// What the load generator itself adds; empty if it was not measured.
std::string floor_text(const bench_result::record& r);
/// What may mislead who reads the figures.
std::vector<std::string> cautions(const bench_result::record& r);

} // namespace weir::inline v0::bench_report
