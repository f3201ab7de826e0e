// The files that an input's paths name.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::input {

/// One input: its path, and its name for ids and messages.
class input_path {
public:
  input_path(std::string path, std::string name) : path(std::move(path)), name(std::move(name)) {}
  std::string path; ///< Empty: standard input.
  std::string name;
};

/// Whether a content type is what a folder is given for.
using wanted_media = std::function<bool(std::string_view content_type)>;

/// The paths with patterns replaced by the files that match, and folders by the media in them and in their folders,
/// sorted by their bytes. A path that is a file is no pattern, whatever characters it has. In a folder what is hidden,
/// or of another type by its first bytes, is left out. Names are the paths in their normal form (`a/b`, not `./a//b`).
/// \param wanted empty: folders are refused.
/// \throws weir::error errc::invalid_argument for a path without a file, a folder without such media, a pattern that
/// nothing matches, and standard input given twice.
std::vector<input_path> find_inputs(const std::vector<std::string>& paths, const wanted_media& wanted);

} // namespace weir::inline v0::input
