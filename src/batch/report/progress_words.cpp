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

// A wait as short as this is told by its length, and a longer one by its end.
constexpr duration short_wait = std::chrono::minutes(2);

// ` until 14:05`, ` for another 40 s`.
std::string rest_of(const hold& h) {
  if (!h.left)
    return {};
  return h.until.empty() || *h.left < short_wait ? " for another " + time_left(*h.left) : " until " + h.until;
}

std::string words_of(const hold& h, const batch_progress& p) {
  switch (h.why) {
  case held_by::nothing: break;
  case held_by::rate_limit: return h.left ? "waiting for your rate limit" + rest_of(h) : "limited by your rate limit";
  case held_by::concurrency: return "limited by concurrency";
  case held_by::provider:
    return h.left ? "waiting for the provider's rate limit" + rest_of(h) : "limited by the provider's rate limit";
  case held_by::outage:
    return "provider down" + (h.since ? " for " + time_left(*h.since) : std::string()) +
           (h.what.empty() ? std::string() : " (" + h.what + ')') +
           (h.left ? ", next try in " + time_left(*h.left) : std::string());
  case held_by::budget: return "waiting for the budget" + rest_of(h);
  case held_by::answers: return "no answer for " + time_left(h.since.value_or(duration()));
  case held_by::input: return "limited by the input";
  case held_by::end: return "waiting for the last " + counted(p.in_flight, "answer", "answers");
  }
  return {};
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

std::vector<piece> pieces_of(const batch_progress& p, const hold& why) {
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
  add(5, words_of(why, p));
  return all;
}

} // namespace

std::string progress_line(const batch_progress& p, const hold& why, std::size_t columns, bool blocks) {
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

std::string progress_sentence(const batch_progress& p, const hold& why) {
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
  if (const auto words = words_of(why, p); !words.empty())
    text += "; " + words;
  return text;
}

} // namespace weir::inline v0
