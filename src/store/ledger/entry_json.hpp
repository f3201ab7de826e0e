// An entry of a ledger as a line of JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <weir/cost/ledger.hpp>

namespace weir::inline v0::store {

/// Appends the line, with its break. What is longer than a name has reason to be is cut; text that is not UTF-8 is
/// repaired.
void append_line(std::string& out, const ledger_entry& e);
/// Empty for a line that is no entry: torn, damaged, or of a later version.
std::optional<ledger_entry> read_line(std::string_view line);
/// The time of a line that append_line() wrote, without reading the rest of it; empty if it is not at its beginning.
std::string_view time_of_line(std::string_view line) noexcept;
/// Where in a line the last entry seems to begin; 0 if nothing does after its beginning.
std::size_t last_beginning(std::string_view line) noexcept;

} // namespace weir::inline v0::store
