#include "bench/report/table.hpp"

#include <algorithm>

namespace weir::inline v0::bench_report {

namespace {

// Characters of UTF-8: all but the bytes that continue one.
std::size_t width(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void widen(std::vector<std::size_t>& widths, const std::vector<std::string>& row) {
  widths.resize(std::max(widths.size(), row.size()));
  for (std::size_t i = 0; i < row.size(); ++i)
    widths[i] = std::max(widths[i], width(row[i]));
}

} // namespace

std::string table::text(std::string_view margin) const {
  std::vector<std::size_t> widths;
  widen(widths, head);
  for (const auto& row : rows)
    widen(widths, row);
  const auto line = [&](const std::vector<std::string>& row) {
    std::string out(margin);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - width(row[i]), ' ');
      out += (i > 0 ? "  " : "") + (i < left ? row[i] + blanks : blanks + row[i]);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + '\n';
  };
  std::string out = head.empty() ? std::string() : line(head);
  for (const auto& row : rows)
    out += line(row);
  return out;
}

} // namespace weir::inline v0::bench_report
