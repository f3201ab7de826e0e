// A record as a text that programs read: weir's own format of results.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bench/record/record.hpp"

namespace weir::inline v0::bench_record {

inline constexpr int format_version = 1;
/// Longer texts are not read.
inline constexpr std::size_t longest_text = std::size_t{64} << 20;
/// Nor are more targets: each has a dozen histograms, which are long even where their text is short.
inline constexpr std::size_t most_targets = 32;
inline constexpr std::size_t most_windows = 100'000;
/// What marks the record in a page.
inline constexpr std::string_view page_begin = R"(<script type="application/json" id="weir-bench">)";
inline constexpr std::string_view page_end = "</script>";

/// `{"format":"weir-bench","version":1, …}`. What is 0, empty or false is left out. Of windows each member is an
/// array. `summary` has figures for programs that do not want to decode histograms; reading passes it over.
std::string to_json(const bench_result::record& r);

/// What `vllm bench serve` wrote, a line for each run as its --append-result does; empty if it is no such text. Rates
/// are those of its `steady_state`, where it has one.
/// \throws weir::error errc::invalid_argument for one that is damaged.
std::optional<bench_result::record> read_vllm(std::string_view text);

/// What to_json() wrote, also inside of a page. A text that is not UTF-8 comes back with U+FFFD in it; all else is
/// exact.
/// \throws weir::error errc::invalid_argument saying what is wrong, and where.
bench_result::record read_record(std::string_view text);

/// Whether its members fit together. \throws weir::error errc::invalid_argument
void check_record(const bench_result::record& r);

/// Figures of a record, as a JSON object.
std::string summary_json(const bench_result::record& r);

} // namespace weir::inline v0::bench_record
