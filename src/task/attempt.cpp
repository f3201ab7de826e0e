#include <weir/task/attempt.hpp>

#include <algorithm>

namespace weir::inline v0 {

std::string_view attempt::header(std::string_view name) const noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto same = [&](const auto& field) {
    return std::equal(name.begin(), name.end(), field.first.begin(), field.first.end(),
                      [&](char a, char b) { return lower(a) == lower(b); });
  };
  const auto it = std::find_if(headers.begin(), headers.end(), same);
  return it == headers.end() ? std::string_view() : std::string_view(it->second);
}

} // namespace weir::inline v0
