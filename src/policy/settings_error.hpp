// How invalid settings are reported.
#pragma once

#include <string>
#include <string_view>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

/// \throws weir::error errc::invalid_configuration: `PATH.FIELD: WHY`.
[[noreturn]] inline void throw_invalid_setting(std::string_view path, std::string_view field, std::string_view why) {
  std::string text(path);
  if (!field.empty())
    text.append(text.empty() ? "" : ".").append(field);
  throw error(errc::invalid_configuration, text.append(": ").append(why));
}

} // namespace weir::inline v0
