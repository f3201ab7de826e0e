// UTF-8 as the Encoding Standard decodes it: every maximal invalid part becomes one U+FFFD.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::inline v0::codec {

/// The length of the longest prefix of `text` that is valid UTF-8 (no overlong form, no
/// surrogate, nothing above U+10FFFF).
std::size_t valid_utf8_prefix(std::string_view text) noexcept;

/// Appends `text`, with U+FFFD for each ill-formed part: the longest start of a sequence
/// that could have become valid, or else a single byte (WHATWG Encoding, section 8.1.1).
/// A sequence that `text` leaves unfinished counts as ill-formed.
void append_repaired(std::string& out, std::string_view text);

/// Writes a code point, in at most four bytes. \returns the end of what was written.
char* put_code_point(char* to, char32_t c) noexcept;

/// Appends UTF-16 as UTF-8. False, with `out` filled up to there, for an odd byte or a lone surrogate.
bool append_utf16(std::string& out, std::string_view bytes, bool big_endian);

} // namespace weir::inline v0::codec
