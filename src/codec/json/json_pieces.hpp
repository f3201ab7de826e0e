// JSON objects that a server or a gateway has put into one text.
#pragma once

#include <string_view>

namespace weir::inline v0::codec {

/// Takes the object that begins `rest` after blanks and commas, from its first brace to its last; empty, and `rest` is
/// left alone, if there is none or it is not closed.
std::string_view take_object(std::string_view& rest) noexcept;

/// Whether a text is two objects or more, with nothing but blanks and commas between them.
bool is_row_of_objects(std::string_view text) noexcept;

} // namespace weir::inline v0::codec
