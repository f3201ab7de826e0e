#include <weir/task/catalog/endpoint_info.hpp>

namespace weir::inline v0 {

std::string_view name_of(endpoint_health h) noexcept {
  switch (h) {
  case endpoint_health::ready: return "ready";
  case endpoint_health::unhealthy: return "unhealthy";
  case endpoint_health::starting: return "starting";
  case endpoint_health::paused: return "paused";
  }
  return "";
}

std::string_view metric_sample::label(std::string_view wanted) const noexcept {
  for (const auto& [key, value] : labels)
    if (key == wanted)
      return value;
  return {};
}

} // namespace weir::inline v0
