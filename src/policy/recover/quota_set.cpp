#include "policy/recover/quota_set.hpp"

#include <algorithm>

namespace weir::inline v0 {

std::vector<quota_state> quota_set::inspect() const {
  std::vector<quota_state> list;
  for (const auto& [id, q] : all_.all()) {
    auto& s = list.emplace_back();
    s.id = q->id();
    s.available = q->available();
    s.capacity = q->capacity();
    s.granted = q->granted();
    s.refused = q->refused();
  }
  std::sort(list.begin(), list.end(), [](const quota_state& a, const quota_state& b) { return a.id < b.id; });
  return list;
}

} // namespace weir::inline v0
