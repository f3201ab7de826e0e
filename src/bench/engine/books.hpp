// What the parts of a benchmark's run have in common.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/bench/bench.hpp>

#include "bench/engine/generator.hpp"
#include "bench/record/record.hpp"

namespace weir::inline v0::bench_engine {

/// \throws weir::error errc::invalid_argument naming the option that cannot be used.
void check(const std::vector<bench_target>& targets, const bench_options& o);

/// Runs a measurement to its end, also if it is cancelled, and ends what it leaves in flight.
/// Errors: those of `measuring`.
boost::asio::awaitable<void> finished(std::shared_ptr<generator> g, boost::asio::awaitable<void> measuring);

/// What was measured, with the plan and its origin. The generator's own record is empty afterwards.
std::shared_ptr<bench_result::record> closed_books(generator& g, const bench_options& o, const bench_load& load,
                                                   const bench_prompts& prompts);

/// Measures what the load generator adds, where the options ask for it, into the record.
boost::asio::awaitable<void> measure_floor(std::shared_ptr<bench_result::record> into,
                                           std::optional<bench_prompt> prompt, bench_options o, bench_load load,
                                           bench_stop stop);

duration window_of(const bench_options& o) noexcept;

} // namespace weir::inline v0::bench_engine
