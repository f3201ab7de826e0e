#include "bench/report/words.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "batch/report/numbers.hpp"
#include "core/time/duration.hpp"
#include "core/time/in_seconds.hpp"
#include "cost/plain_text.hpp"

namespace weir::inline v0::bench_report {

namespace {

// Whether a text begins with a character that makes what follows run the other way: U+202A to U+202E, U+2066 to U+2069.
bool turns(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  return text.size() > 2 && byte(0) == 0xe2 &&
         ((byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) ||
          (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9));
}

} // namespace

std::string fixed(double n, int decimals) {
  char text[360]; // the greatest double has 309 digits
  std::snprintf(text, sizeof text, "%.*f", decimals, n);
  // A minus before nothing but zeros.
  if (text[0] == '-' && std::string_view(text).find_first_not_of("-0.") == std::string_view::npos)
    return text + 1;
  return text;
}

std::string percent(double share) {
  const double n = 100 * share;
  if (n <= 0 || n == 100)
    return fixed(n, 0) + " %";
  for (int decimals = 1; decimals <= 3; ++decimals) {
    const double unit = std::pow(10, -decimals);
    if (n < unit / 2 || std::abs(100 - n) < unit / 2)
      continue;
    auto text = fixed(n, decimals);
    if (text.ends_with(".0"))
      text.resize(text.size() - 2);
    return text + " %";
  }
  return n < 50 ? "< 0.001 %" : "> 99.999 %";
}

// Bounds are rounded outwards to what is shown: `> 99.999 %` says nothing that `100 %` does not.
std::string percent(const confidence::range& shares) {
  const auto bound = [](double share) { return percent(share < 5e-6 ? 0 : share > 1 - 5e-6 ? 1 : share); };
  auto low = bound(shares.low);
  low.resize(low.size() - 2);
  return low + " to " + bound(shares.high);
}

std::string rate_text(double n) {
  if (n >= 999.5 && n < 1e15)
    return grouped(static_cast<std::uint64_t>(std::llround(n)));
  return fixed(n, n == 0 || n >= 99.95 ? 0 : n >= 9.995 ? 1 : 2);
}

std::string ratio_text(double n) { return std::isinf(n) ? "endless" : fixed(n, n < 9.995 ? 2 : 1) + "x"; }

std::string percentile_text(const measure::percentile& p) {
  if (p.samples == 0)
    return "-";
  if (!p.enough())
    return "needs " + grouped(p.needed);
  return p.value ? format_duration(*p.value) : "never";
}

std::string interval_text(const measure::percentile& p) {
  return p.low && p.high ? format_duration(*p.low) + " to " + format_duration(*p.high) : std::string();
}

std::string shown(std::string_view foreign, std::size_t most) {
  std::string plain, out;
  append_plain(plain, foreign, most);
  for (std::size_t i = 0; i < plain.size(); ++i)
    if (turns(std::string_view(plain).substr(i))) {
      out += '?';
      i += 2;
    } else {
      out += plain[i];
    }
  return plain.size() < foreign.size() ? out + "…" : out;
}

std::size_t width(std::string_view text) noexcept {
  // All bytes but those that continue a character.
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string folded(std::string_view line, std::size_t columns, std::size_t indent) {
  constexpr std::size_t narrowest = 16;
  if (columns == 0 || width(line) <= columns + line.ends_with('\n'))
    return std::string(line);
  const std::string margin(indent + narrowest <= columns ? indent : 0, ' ');
  std::string out, now;
  while (!line.empty()) {
    const auto end = std::min(line.find(' ', line.find_first_not_of(' ')), line.size());
    const auto word = line.substr(0, end); // with the blanks before it
    if (!now.empty() && width(now) + width(word) - word.ends_with('\n') > columns) {
      out += now + '\n';
      now = margin + std::string(word.substr(std::min(word.find_first_not_of(' '), word.size())));
    } else {
      now += word;
    }
    line.remove_prefix(end);
  }
  return out + now;
}

double share_of(std::uint64_t part, std::uint64_t all) noexcept {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

} // namespace weir::inline v0::bench_report
