#include <weir/task/attempt.hpp>

#include <algorithm>

#include "core/ascii.hpp"

namespace weir::inline v0 {

std::string_view attempt::header(std::string_view name) const noexcept {
  const auto same = [&](const auto& field) { return equal_ignoring_case(name, field.first); };
  const auto it = std::find_if(headers.begin(), headers.end(), same);
  return it == headers.end() ? std::string_view() : std::string_view(it->second);
}

} // namespace weir::inline v0
