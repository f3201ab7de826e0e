// What the texts of options say.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <weir/core/error.hpp>

namespace weir::inline v0::cli {

/// \throws weir::error errc::invalid_argument: `--rate takes a number, not 'fast'`.
[[noreturn]] inline void refuse_value(std::string_view option, std::string_view takes, std::string_view given) {
  throw error(errc::invalid_argument, fmt::format("{} takes {}, not '{}'", option, takes, given));
}

/// All of the text as a number; empty if it is none.
template <class T>
std::optional<T> number_in(std::string_view text) {
  T value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// What `read` gives. \throws weir::error what it throws, with the option's name before it.
template <class F>
auto value_of(std::string_view option, F read) {
  try {
    return read();
  } catch (const error& e) {
    throw error(errc::invalid_argument, fmt::format("{}: {}", option, e.failure().message()));
  }
}

} // namespace weir::inline v0::cli
