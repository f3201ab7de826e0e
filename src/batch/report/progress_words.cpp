// The lines that tell how far a batch is.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "batch/report/numbers.hpp"
#include "batch/report/words.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::size_t shortest_bar = 8;
constexpr std::size_t longest_bar = 30;
constexpr std::size_t kinds_in_line = 3;

const char* words_of(held_by why) noexcept {
  switch (why) {
  case held_by::nothing: break;
  case held_by::rate_limit: return "rate limit";
  case held_by::concurrency: return "concurrency";
  case held_by::provider: return "provider busy";
  case held_by::outage: return "provider down";
  case held_by::budget: return "budget";
  case held_by::input: return "input";
  case held_by::disk: return "disk";
  }
  return "";
}

// 100 only once everything is done.
unsigned percent(const batch_progress& p) noexcept {
  return *p.total == 0 ? 100 : static_cast<unsigned>(static_cast<double>(p.done) / static_cast<double>(*p.total) * 100);
}

std::string failed_kinds(const batch_progress& p) {
  std::string text;
  for (std::size_t i = 0; i != std::min(kinds_in_line, p.failures.size()); ++i)
    text += (i == 0 ? "" : ", ") + p.failures[i].code + ' ' + grouped(p.failures[i].count);
  return text + (p.failures.size() > kinds_in_line ? ", ..." : "");
}

std::string bar(double share, std::size_t columns, bool blocks) {
  static constexpr std::array eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (!blocks) {
    const auto n = static_cast<std::size_t>(share * static_cast<double>(columns - 2));
    return '[' + std::string(n, '#') + std::string(columns - 2 - n, '.') + ']';
  }
  const auto n = static_cast<std::size_t>(share * static_cast<double>(columns) * 8);
  std::string text;
  for (std::size_t i = 0; i != n / 8; ++i)
    text += "█";
  text += eighths[n % 8];
  return text.append(columns - n / 8 - (n % 8 == 0 ? 0 : 1), ' ');
}

// A piece of the line; of those that do not fit, the one with the highest rank goes first.
class piece {
public:
  piece(int rank, std::string text) : rank(rank), text(std::move(text)) {}
  int rank;
  std::string text;
};

std::size_t width(const std::string& text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::size_t width(const std::vector<piece>& all) noexcept {
  std::size_t n = all.empty() ? 0 : 2 * (all.size() - 1);
  for (const auto& p : all)
    n += width(p.text);
  return n;
}

std::vector<piece> pieces_of(const batch_progress& p, held_by why) {
  std::vector<piece> all;
  const auto add = [&all](int rank, std::string text) {
    if (!text.empty())
      all.emplace_back(rank, std::move(text));
  };
  if (p.total)
    add(2, std::to_string(percent(p)) + '%');
  add(1, p.total ? grouped(p.done) + '/' + grouped(*p.total) : grouped(p.done) + " done");
  add(7, p.calls_per_s > 0 ? short_number(p.calls_per_s) + "/s" : "");
  add(8, p.output_tokens_per_s > 0 ? short_number(p.output_tokens_per_s) + " tok/s" : "");
  add(6, spent_text(p));
  add(3, p.left && p.done != *p.total ? time_left(*p.left) + " left" : "");
  add(4, p.failed() == 0 ? "" : grouped(p.failed()) + " failed");
  add(9, p.failed() == 0 ? "" : '(' + failed_kinds(p) + ')');
  add(10, p.again == 0 ? "" : grouped(p.again) + " to retry");
  add(5, why == held_by::nothing ? "" : std::string("waiting: ") + words_of(why));
  return all;
}

} // namespace

std::string progress_line(const batch_progress& p, held_by why, std::size_t columns, bool blocks) {
  auto all = pieces_of(p, why);
  while (all.size() > 1 && width(all) > columns)
    all.erase(std::max_element(all.begin(), all.end(), [](const piece& a, const piece& b) { return a.rank < b.rank; }));
  std::string line;
  if (const auto used = width(all); used > columns)
    return line;
  else if (p.total && used + 2 + shortest_bar <= columns)
    line = bar(*p.total == 0 ? 1 : std::min(1.0, static_cast<double>(p.done) / static_cast<double>(*p.total)),
               std::min(longest_bar, columns - used - 2), blocks);
  for (const auto& one : all) {
    // The kinds belong to the number in front of them.
    line += line.empty() ? "" : one.text.starts_with('(') ? " " : "  ";
    line += one.text;
  }
  return line;
}

std::string progress_sentence(const batch_progress& p, held_by why) {
  std::string text = grouped(p.done);
  if (p.total)
    text += " of " + grouped(*p.total) + " done (" + std::to_string(percent(p)) + "%)";
  else
    text += " done";
  if (p.failed() != 0)
    text += ", " + grouped(p.failed()) + " failed (" + failed_kinds(p) + ')';
  if (p.again != 0)
    text += ", " + grouped(p.again) + " to retry";
  text += ", " + short_number(p.calls_per_s) + " requests/s";
  if (p.output_tokens_per_s > 0)
    text += ", " + short_number(p.output_tokens_per_s) + " tokens/s";
  if (const auto spent = spent_text(p); !spent.empty())
    text += ", " + spent + " spent";
  if (p.left && p.done != *p.total)
    text += ", about " + time_left(*p.left) + " left";
  if (why != held_by::nothing)
    text += std::string("; waiting: ") + words_of(why);
  return text;
}

} // namespace weir::inline v0
