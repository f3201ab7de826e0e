// Records of benchmarks as they are in practice, for tests of what is made of them.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "bench/record/record.hpp"

namespace weir::test {

using record = bench_result::record;

bench_result result_of(record r);

/// A minute of 20 requests a second, with two stalls and a burst of 429.
record healthy_record();
record healthy_record(double seconds, double rate);
/// The same from a machine that has too much to do.
record invalid_record();
/// A search for the peak, which is near 38 requests a second.
record searched_record();
/// Two targets in turns, of which the second is slower.
record compared_record();
/// One that was stopped after 9 s, with too few calls for most percentiles.
record incomplete_record();
/// Names and messages that try to break out of where they are shown.
record hostile_record();

/// Records of `parts` machines that did one plan, and the one of a machine that did all of it.
std::pair<std::vector<record>, record> parted_records(unsigned parts);

/// A record of which every member is as `seed` makes it.
record random_record(std::uint64_t seed);

} // namespace weir::test
