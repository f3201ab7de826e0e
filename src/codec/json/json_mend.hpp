// Repairs JSON that a server wrote by hand.
#pragma once

#include <string>
#include <string_view>

namespace weir::inline v0::codec {

/// What becomes of an escaped lone surrogate.
enum class lone_surrogates { keep, replace };

/// `text` with everything mended that a strict parser refuses and a reader can still understand: a byte order mark,
/// invalid UTF-8, control characters (those outside strings are dropped), NaN and infinities (null), and lone surrogate
/// escapes, which are kept in three bytes each (surrogates.hpp) or become U+FFFD. A text that is broken in other ways
/// stays so.
std::string mend_json(std::string_view text, lone_surrogates how);

} // namespace weir::inline v0::codec
