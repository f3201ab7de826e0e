#include "batch/input/id_ledger.hpp"

#include <algorithm>

#include "core/stable_hash.hpp"

namespace weir::inline v0::input {

void id_ledger::add(std::string_view id, place at) {
  const auto hash = stable_hash(id);
  shelves_[hash % shelves_.size()].push_back(entry{hash, at});
}

std::vector<std::vector<place>> id_ledger::suspects(std::size_t most) {
  std::vector<std::vector<place>> all;
  for (auto& shelf : shelves_) {
    std::sort(shelf.begin(), shelf.end());
    for (auto a = shelf.begin(); a != shelf.end();) {
      auto b = std::find_if(a, shelf.end(), [a](const entry& e) { return e.hash != a->hash; });
      if (b - a > 1) {
        if (all.size() == most)
          return all;
        auto& group = all.emplace_back();
        for (; a != b; ++a)
          group.push_back(a->at);
      }
      a = b;
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

} // namespace weir::inline v0::input
