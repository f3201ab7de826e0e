// Files that only their owner may read, and where the command keeps its own.
#pragma once

#include <string>
#include <string_view>

namespace weir::inline v0::cli {

/// Where the command keeps the file `name`: $XDG_STATE_HOME/weir, or ~/.local/state/weir. Empty if neither variable
/// names an absolute path.
std::string state_file(std::string_view name);

/// Makes the folders of a path that are missing, for the owner alone. What fails shows when the file is written.
void make_folders_of(const std::string& path) noexcept;

/// Replaces a file in one step, with mode 0600: whoever reads it sees the old or the new content, complete. A symbolic
/// link is followed.
/// \throws weir::error errc::not_saved; the old file is then untouched.
void write_private(const std::string& path, std::string_view content);

} // namespace weir::inline v0::cli
