// What a refusal says.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include <weir/core/error.hpp>

namespace weir::inline v0::test {

inline bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The message with which `act` refuses an argument.
template <class F>
std::string refusal_of(F act) {
  try {
    act();
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return "it is taken";
}

} // namespace weir::inline v0::test
