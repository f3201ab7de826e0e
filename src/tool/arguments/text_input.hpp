// Reads texts and files from the command line into the form that a request takes.
#pragma once

#include <string>
#include <string_view>

#include <weir/task/media.hpp>

namespace weir::inline v0::cli {

/// Converts to UTF-8: from UTF-8 or UTF-16 with a byte order mark, which is dropped, or from UTF-8 without one.
/// \throws weir::error errc::invalid_argument, with `name` and the offset, for everything else: other encodings are not
/// guessed.
std::string as_text(std::string bytes, std::string_view name);

/// Like read_input(), as text.
std::string read_text(const std::string& given);

/// Reads `@FILE` or `-`, and keeps the file's name.
media read_media(const std::string& given);

/// An image from a file or standard input, with its type detected from its bytes.
/// \throws weir::error errc::invalid_argument if the bytes are not of a known image format.
media read_image(const std::string& given);

} // namespace weir::inline v0::cli
