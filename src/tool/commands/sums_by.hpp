// What entries of a ledger are summed by.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <weir/cost/ledger.hpp>

namespace weir::inline v0::cli {

/// The names that `--by` and `--where` of weir cost take, each with what it is; the last one is `tag:`, which a tag's
/// name follows.
std::span<const std::pair<std::string_view, std::string_view>> sums_by() noexcept;

/// What an entry is counted under; days are those of UTC, or of the machine's time zone.
/// \throws weir::error errc::invalid_argument for another name; `option`, which it was given with, is in the message.
std::function<std::string(const ledger_entry&)> key_of(const std::string& by, bool utc,
                                                       std::string_view option = "--by");

/// As strftime() writes it, in UTC or in the machine's time zone.
std::string date_text(std::chrono::system_clock::time_point t, const char* format, bool utc);

} // namespace weir::inline v0::cli
