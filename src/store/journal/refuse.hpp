// Why a journal is not opened.
#pragma once

#include <string>

#include <weir/core/error.hpp>

namespace weir::inline v0::store {

/// \throws weir::error errc::invalid_configuration.
[[noreturn]] inline void refuse(const std::string& path, const std::string& why) {
  throw error(errc::invalid_configuration, "the journal \"" + path + "\" " + why);
}

} // namespace weir::inline v0::store
