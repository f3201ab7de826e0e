// Figures as reports show them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <weir/core/time.hpp>

#include "bench/measure/percentile.hpp"
#include "bench/stats/confidence.hpp"

namespace weir::inline v0::bench_report {

/// With so many decimals; no `-0`.
std::string fixed(double n, int decimals);
/// `97.8 %`; never `100 %` for what is less, nor `0 %` for what is more.
std::string percent(double share);
/// `96.9 to 98.5 %`
std::string percent(const confidence::range& shares);
/// Of what there is in a second: `0.42`, `19.8`, `1,234`.
std::string rate_text(double n);
/// `1.41x`
std::string ratio_text(double n);
/// `412 ms`; `needs 662`, if there are too few samples; `never`, if so many failed.
std::string percentile_text(const measure::percentile& p);
/// `398 ms to 431 ms`; empty where an end is not known.
std::string interval_text(const measure::percentile& p);
/// What others wrote, in one line, at most so long; control characters, also those that turn the direction, become `?`.
std::string shown(std::string_view foreign, std::size_t most = 200);
double share_of(std::uint64_t part, std::uint64_t all) noexcept;

/// Columns of a terminal: characters of UTF-8.
std::size_t width(std::string_view text) noexcept;
/// A line, with its end, in lines of at most `columns` where blanks allow that, of which those after the first one
/// begin with `indent` blanks. 0 columns: as it is.
std::string folded(std::string_view line, std::size_t columns, std::size_t indent = 0);

} // namespace weir::inline v0::bench_report
