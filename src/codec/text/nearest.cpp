#include "codec/text/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/ascii.hpp"

namespace weir::inline v0::codec {

namespace {

// How many letters have to be changed, added, left out or swapped with their neighbour; `name` is in lower case.
std::size_t distance(std::string_view given, std::string_view name) {
  std::vector<std::size_t> before, last, row(name.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t(0));
  const auto same = [&](std::size_t i, std::size_t k) { return to_lower(given[i]) == name[k]; };
  for (std::size_t i = 0; i < given.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i + 1;
    for (std::size_t k = 0; k < name.size(); ++k) {
      row[k + 1] = std::min({last[k + 1] + 1, row[k] + 1, last[k] + (same(i, k) ? 0 : 1)});
      if (i > 0 && k > 0 && same(i, k - 1) && same(i - 1, k))
        row[k + 1] = std::min(row[k + 1], before[k - 1] + 1);
    }
  }
  return row.back();
}

} // namespace

std::string_view nearest(std::string_view given, const std::vector<std::string_view>& known) {
  std::string_view best;
  auto least = std::max<std::size_t>(1, given.size() / 3) + 1;
  for (const auto name : known)
    if (const auto d = distance(given, name); d < least) {
      least = d;
      best = name;
    }
  return best;
}

} // namespace weir::inline v0::codec
