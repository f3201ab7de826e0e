// Numbers as people read them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <weir/batch/progress.hpp>
#include <weir/core/time.hpp>

namespace weir::inline v0 {

/// `1,234,567`.
std::string grouped(std::uint64_t n);
/// `1 item`, `1,234 items`.
std::string counted(std::uint64_t n, const char* one, const char* many);
/// Three digits at most: `0.42`, `4.2`, `118`, `9.2k`, `1.3M`.
std::string short_number(double n);
/// To a second, or to a minute from an hour on: `8 s`, `1 m 38 s`, `2 h 05 m`, `3 d 04 h`.
std::string time_left(duration d);
/// `$1.23 + EUR 0.50`.
std::string amounts_text(const std::map<std::string, money>& by_currency);
/// What a batch has cost so far: `$1.23`, `~$1.23 + EUR 0.50`, where `~` stands for an estimate; with `+?` where
/// answers have no known price. Empty where nothing is known.
std::string spent_text(const batch_progress& p);

} // namespace weir::inline v0
