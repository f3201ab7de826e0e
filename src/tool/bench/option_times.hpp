// Values of options of weir bench that several files read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <weir/core/time.hpp>

namespace weir::inline v0::cli {

/// A time of at most a year; empty for an empty text. \throws weir::error errc::invalid_argument naming the option.
std::optional<duration> time_of(std::string_view option, const std::string& given);

} // namespace weir::inline v0::cli
