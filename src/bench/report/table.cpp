#include "bench/report/table.hpp"

#include <algorithm>
#include <numeric>

#include "bench/report/words.hpp"

namespace weir::inline v0::bench_report {

namespace {

using widths = std::vector<std::size_t>;

constexpr std::size_t between = 2;

void widen(widths& all, const std::vector<std::string>& row) {
  all.resize(std::max(all.size(), row.size()));
  for (std::size_t i = 0; i < row.size(); ++i)
    all[i] = std::max(all[i], width(row[i]));
}

std::size_t sum(const widths& all, std::size_t from, std::size_t to) {
  return std::accumulate(all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to),
                         (to - from) * between);
}

// The columns from `from` to `to`, beside those on the left.
class block {
public:
  block(const widths& all, std::size_t left, std::size_t from, std::size_t to)
      : widths_(all), left_(left), from_(from), to_(to) {}

  std::string line(const std::vector<std::string>& row) const {
    std::string out;
    for (std::size_t i = 0; i < std::min(to_, row.size()); ++i) {
      if (i >= left_ && i < from_)
        continue;
      const std::string blanks(widths_[i] - std::min(widths_[i], width(row[i])), ' ');
      out += (i > 0 ? std::string(between, ' ') : "") + (i < left_ ? row[i] + blanks : blanks + row[i]);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + '\n';
  }

private:
  const widths& widths_;
  std::size_t left_, from_, to_;
};

} // namespace

std::string table::text(std::size_t columns) const {
  widths all;
  widen(all, head);
  for (const auto& row : rows)
    widen(all, row);
  const auto labels = std::min(left, all.size());
  if (columns == 0)
    columns = sum(all, 0, all.size());
  std::string out;
  std::size_t from = labels;
  do {
    auto to = std::min(from + 1, all.size());
    while (to < all.size() && sum(all, 0, labels) + sum(all, from, to + 1) <= columns + between)
      ++to;
    const block part(all, labels, from, to);
    out += (out.empty() ? "" : "\n") + (head.empty() ? std::string() : part.line(head));
    for (const auto& row : rows)
      out += folded(part.line(row), columns, labels == all.size() ? sum(all, 0, labels - 1) : 0);
    from = to;
  } while (from < all.size());
  return out;
}

} // namespace weir::inline v0::bench_report
