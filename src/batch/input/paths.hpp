// The files that an input's paths name.
#pragma once

#include <string>
#include <vector>

namespace weir::inline v0::input {

/// One input: its path, and its name for ids and messages.
class input_path {
public:
  input_path(std::string path, std::string name) : path(std::move(path)), name(std::move(name)) {}
  std::string path; ///< Empty: standard input.
  std::string name;
};

/// The paths with patterns replaced by the files that match, sorted by their bytes. A path that is a file is no
/// pattern, whatever characters it has.
/// \throws weir::error errc::invalid_argument for a path without a file, a folder, a pattern that nothing matches, and
/// standard input given twice.
std::vector<input_path> find_inputs(const std::vector<std::string>& paths);

} // namespace weir::inline v0::input
