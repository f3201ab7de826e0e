#include "batch/input/csv.hpp"

#include <algorithm>
#include <array>

namespace weir::inline v0::input {

namespace {
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
}

void csv_splitter::feed(std::string_view bytes) {
  held_.erase(0, begin_);
  at_ -= begin_;
  begin_ = 0;
  held_ += bytes;
}

void csv_splitter::skip_mark() {
  if (begun_ || (held_.size() < byte_order_mark.size() && !finished_))
    return;
  begun_ = true;
  if (held_.starts_with(byte_order_mark))
    begin_ = at_ = byte_order_mark.size();
}

std::optional<std::string_view> csv_splitter::first_line() {
  skip_mark();
  const auto end = held_.find('\n', begin_);
  if (!begun_ || (end == held_.npos && !finished_ && held_.size() <= limit_))
    return std::nullopt;
  return std::string_view(held_).substr(begin_, std::min(end, held_.size()) - begin_);
}

csv_record csv_splitter::record(std::size_t stop) {
  csv_record r;
  r.text = std::string_view(held_).substr(begin_, stop - begin_);
  if (r.text.ends_with('\r'))
    r.text.remove_suffix(1);
  r.line = began_;
  r.too_long = dropping_ || r.text.size() > limit_;
  if (r.too_long)
    r.text = {};
  dropping_ = false;
  place_ = place::begin;
  return r;
}

std::optional<csv_record> csv_splitter::next() {
  skip_mark();
  if (!begun_)
    return std::nullopt;
  for (; at_ < held_.size(); ++at_) {
    const char c = held_[at_];
    if (c == '\n') {
      ++line_;
      if (place_ == place::quoted)
        continue;
      auto r = record(at_);
      begin_ = ++at_;
      began_ = line_;
      return r;
    }
    switch (place_) {
    case place::begin: place_ = c == '"' ? place::quoted : c == delimiter_ ? place::begin : place::plain; break;
    case place::plain:
    case place::quote:
      // A doubled quote goes on with the cell.
      place_ = c == delimiter_ ? place::begin : c == '"' && place_ == place::quote ? place::quoted : place::plain;
      break;
    case place::quoted:
      if (c == '"')
        place_ = place::quote;
      break;
    }
  }
  if (at_ - begin_ > limit_ + 1) {
    dropping_ = true;
    begin_ = at_;
  }
  if (!finished_ || (begin_ == at_ && !dropping_))
    return std::nullopt;
  const bool open = place_ == place::quoted;
  auto r = record(at_);
  r.open = open;
  begin_ = at_;
  return r;
}

std::optional<std::vector<std::string>> csv_cells(std::string_view record, char delimiter, std::string& problem) {
  std::vector<std::string> cells;
  for (;;) {
    auto& cell = cells.emplace_back();
    if (!record.starts_with('"')) {
      const auto end = std::min(record.find(delimiter), record.size());
      cell = record.substr(0, end);
      record.remove_prefix(end);
    } else {
      record.remove_prefix(1);
      for (;;) {
        const auto quote = record.find('"');
        cell += record.substr(0, quote);
        if (quote == record.npos) {
          problem = "a quote is not closed";
          return std::nullopt;
        }
        record.remove_prefix(quote + 1);
        if (!record.starts_with('"'))
          break;
        cell += '"';
        record.remove_prefix(1);
      }
      if (!record.empty() && record.front() != delimiter) {
        problem = "something follows the closing quote of cell " + std::to_string(cells.size()) +
                  ": a quote in a cell is written twice";
        return std::nullopt;
      }
    }
    if (record.empty())
      return cells;
    record.remove_prefix(1);
  }
}

char find_delimiter(std::string_view header) noexcept {
  constexpr std::array<char, 4> known = {',', '\t', ';', '|'};
  std::array<std::size_t, 4> count{};
  bool quoted = false;
  for (const char c : header) {
    if (c == '"')
      quoted = !quoted;
    for (std::size_t i = 0; i < known.size() && !quoted; ++i)
      count[i] += c == known[i] ? 1 : 0;
  }
  return known[static_cast<std::size_t>(std::max_element(count.begin(), count.end()) - count.begin())];
}

} // namespace weir::inline v0::input
