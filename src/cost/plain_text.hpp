// Text of others in lines of our own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::inline v0 {

/// Appends at most `most` bytes of `text` as one line of valid UTF-8: control characters, and bytes that are not UTF-8,
/// become `?`.
void append_plain(std::string& out, std::string_view text, std::size_t most);

/// Appends `text`, which is valid UTF-8, as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

} // namespace weir::inline v0
