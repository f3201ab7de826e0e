#include "sim/load/spread.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <weir/core/error.hpp>

#include "core/time/duration.hpp"

namespace weir::inline v0::sim {

namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw error(errc::invalid_argument,
              "\"" + std::string(text) +
                  "\" is no time: write 50ms, uniform(20ms,80ms), lognormal(50ms,0.5) or bimodal(20ms,200ms,0.1)");
}

std::vector<std::string_view> arguments_of(std::string_view text, std::string_view name) {
  std::vector<std::string_view> all;
  text.remove_prefix(name.size() + 1);
  text.remove_suffix(1);
  for (;;) {
    const auto comma = text.find(',');
    all.push_back(text.substr(0, comma));
    if (comma == text.npos)
      return all;
    text.remove_prefix(comma + 1);
  }
}

double number_of(std::string_view text, std::string_view whole) {
  double n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc() || end != text.data() + text.size() || !(n >= 0) || n > 100)
    refuse(whole);
  return n;
}

// The quantile of the standard normal distribution, by bisection of the error function: it need not be fast.
double normal_quantile(double share) {
  double low = -9, high = 9;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::sqrt(2.0)) / 2 < share ? low : high) = middle;
  }
  return (low + high) / 2;
}

duration times(duration d, double by) {
  return duration(static_cast<duration::rep>(std::llround(static_cast<double>(d.count()) * by)));
}

} // namespace

spread spread::parse(std::string_view text) {
  spread s;
  const auto is = [text](std::string_view name) {
    return text.starts_with(name) && text.substr(name.size()).starts_with('(') && text.ends_with(')');
  };
  if (is("uniform") || is("lognormal") || is("bimodal")) {
    const auto name = text.substr(0, text.find('('));
    const auto given = arguments_of(text, name);
    s.kind_ = name == "uniform" ? kind::uniform : name == "lognormal" ? kind::lognormal : kind::bimodal;
    if (given.size() != (s.kind_ == kind::bimodal ? 3u : 2u))
      refuse(text);
    s.a_ = parse_duration(given[0]);
    if (s.kind_ == kind::lognormal) {
      s.c_ = number_of(given[1], text);
      return s;
    }
    s.b_ = parse_duration(given[1]);
    if (s.kind_ == kind::bimodal)
      s.c_ = number_of(given[2], text);
    if (s.c_ > 1 || (s.kind_ == kind::uniform && s.b_ < s.a_))
      refuse(text);
    return s;
  }
  if (text.find('(') != text.npos)
    refuse(text);
  s.a_ = parse_duration(text);
  return s;
}

duration spread::draw(random_source& random) const {
  if (kind_ == kind::fixed)
    return a_;
  return at(std::min(1 - 0x1p-53, std::max(0x1p-53, random.uniform())));
}

duration spread::at(double share) const {
  switch (kind_) {
  case kind::fixed: break;
  case kind::uniform: return a_ + times(b_ - a_, share);
  case kind::lognormal: return times(a_, std::exp(c_ * normal_quantile(share)));
  case kind::bimodal: return a_ <= b_ ? (share <= 1 - c_ ? a_ : b_) : (share <= c_ ? b_ : a_);
  }
  return a_;
}

} // namespace weir::inline v0::sim
