// Finds the message in an error body, whatever its form.
#pragma once

#include <string>
#include <string_view>

#include "codec/json/node.hpp"
#include "core/ascii.hpp"

namespace weir::inline v0::provider {

/// The whole of same_name().
bool same_letters(std::string_view given, std::string_view key) noexcept;
/// Whether two names are equal except for case, `_` and `-` (`errorMessage`, `Error_Message`). `key` is in lower case,
/// without either.
inline bool same_name(std::string_view given, std::string_view key) noexcept {
  // Most are told apart by their size, or their first letter or last one.
  const auto may_be = [](char c, char letter) { return to_lower(c) == letter || c == '_' || c == '-'; };
  return given.size() >= key.size() && may_be(given.front(), key.front()) && may_be(given.back(), key.back()) &&
         same_letters(given, key);
}
/// Member `key` of an object, ignoring case, `_` and `-` (`errorMessage`, `Error_Message`); nullptr if it is absent or
/// null. `key` is in lower case, without either.
const codec::json::value* loose_find(const codec::json::value& v, std::string_view key) noexcept;
const codec::node* loose_find(const codec::node& v, std::string_view key) noexcept;

/// The text of the members that usually hold an error, however deep, even as JSON inside a string. Empty if there is
/// none.
std::string words_of_error(const codec::json::value& v);

} // namespace weir::inline v0::provider
