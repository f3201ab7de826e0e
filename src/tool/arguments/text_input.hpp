// Texts and files that the user gives, as a request takes them.
#pragma once

#include <string>
#include <string_view>

#include <weir/task/media.hpp>

namespace weir::cli {

/// A text as UTF-8: from UTF-8 or UTF-16 with its byte order mark, which is dropped, or from UTF-8 without one.
/// \throws weir::error errc::invalid_argument, naming `name` and the place, for everything else: what a byte of another
/// encoding means is not guessed.
std::string as_text(std::string bytes, std::string_view name);

/// The input itself, `@FILE` or `-` as read_input(), as text.
std::string read_text(const std::string& given);

/// `@FILE` or `-`, with the file's name.
media read_media(const std::string& given);

/// An image of a file or standard input, labelled by its bytes.
/// \throws weir::error errc::invalid_argument for bytes that are no known image.
media read_image(const std::string& given);

} // namespace weir::cli
