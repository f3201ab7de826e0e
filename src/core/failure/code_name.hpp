// The name of an error, for records.
#pragma once

#include <string>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

/// name_of(errc), or its own words for an error that is not weir's.
inline std::string code_name(const error_code& ec) {
  return ec.category() == error_category() ? std::string(name_of(static_cast<errc>(ec.value()))) : ec.message();
}

} // namespace weir::inline v0
