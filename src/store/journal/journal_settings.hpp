// What a journal's job is, without opening it for a run.
#pragma once

#include <string>

namespace weir::inline v0 {

/// The settings of the journal at `path`. \throws weir::error as open_journal(), and if there is none.
std::string read_journal_settings(const std::string& path);

} // namespace weir::inline v0
