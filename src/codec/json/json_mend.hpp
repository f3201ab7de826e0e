// JSON as servers write it who write it by hand.
#pragma once

#include <string>
#include <string_view>

namespace weir::codec {

/// What becomes of an escaped surrogate without its other half.
enum class lone_surrogates { keep, replace };

/// `text` with what a strict parser refuses and a reader can still understand made right: a byte order mark, invalid
/// UTF-8, control characters (those outside strings are dropped), NaN and infinities (null), and surrogate escapes
/// without their other half, which are kept in three bytes each (surrogates.hpp) or become U+FFFD. A text that is
/// broken otherwise stays so.
std::string mend_json(std::string_view text, lone_surrogates how);

} // namespace weir::codec
