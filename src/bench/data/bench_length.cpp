#include <algorithm>
#include <charconv>
#include <cmath>

// Unlike the standard library's, whose numbers differ between implementations.
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include <weir/core/error.hpp>

#include "bench/data/length.hpp"
#include "core/shortest_text.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::string_view forms = "write a number such as 512, or 100..200, normal(512,64) or lognormal(512,0.5)";

std::string whole(double n) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, n, std::chars_format::fixed).ptr);
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw error(errc::invalid_argument, "\"" + std::string(text) + "\" " + std::string(why));
}

double number(std::string_view part, std::string_view text) {
  double n = 0;
  const auto [end, ec] = std::from_chars(part.data(), part.data() + part.size(), n);
  if (ec != std::errc() || end != part.data() + part.size())
    refuse(text, "is no length: " + std::string(forms));
  return n;
}

// `a,b)`
bench_length two(bench_length::kind k, std::string_view inner, std::string_view text) {
  const auto comma = inner.find(',');
  if (comma == inner.npos || !inner.ends_with(')'))
    refuse(text, "is no length: " + std::string(forms));
  inner.remove_suffix(1);
  auto second = inner.substr(comma + 1);
  while (second.starts_with(' '))
    second.remove_prefix(1);
  return {k, number(inner.substr(0, comma), text), number(second, text)};
}

bench_length read(std::string_view text) {
  constexpr std::string_view normal = "normal(", lognormal = "lognormal(";
  if (text.starts_with(normal))
    return two(bench_length::kind::normal, text.substr(normal.size()), text);
  if (text.starts_with(lognormal))
    return two(bench_length::kind::lognormal, text.substr(lognormal.size()), text);
  const auto dots = text.find("..");
  const double from = number(text.substr(0, dots), text);
  if (dots == text.npos)
    return {bench_length::kind::fixed, from, 0};
  return {bench_length::kind::uniform, from, number(text.substr(dots + 2), text)};
}

// What is wrong with it; empty: nothing.
std::string_view problem_of(const bench_length& l) noexcept {
  const auto in_range = [](double n) { return n >= 1 && n <= static_cast<double>(data::longest); };
  const auto is_whole = [](double n) { return n == std::floor(n); };
  if (!in_range(l.a()))
    return "is not from 1 to 1,000,000";
  switch (l.what()) {
  case bench_length::kind::fixed: return is_whole(l.a()) ? "" : "is not a whole number";
  case bench_length::kind::uniform:
    if (!in_range(l.b()))
      return "is not from 1 to 1,000,000";
    if (!is_whole(l.a()) || !is_whole(l.b()))
      return "does not have whole numbers";
    return l.a() <= l.b() ? "" : "has the smaller number last: write it first";
  case bench_length::kind::normal:
    return l.b() >= 0 && l.b() <= static_cast<double>(data::longest)
               ? ""
               : "has a deviation that is not from 0 to 1,000,000";
  case bench_length::kind::lognormal:
    return l.b() >= 0 && l.b() <= 10 ? "" : "has a deviation of the logarithm that is not from 0 to 10";
  }
  return "";
}

} // namespace

std::string bench_length::text() const {
  switch (kind_) {
  case kind::uniform: return whole(a_) + ".." + whole(b_);
  case kind::normal: return "normal(" + shortest_text(a_) + "," + shortest_text(b_) + ")";
  case kind::lognormal: return "lognormal(" + shortest_text(a_) + "," + shortest_text(b_) + ")";
  case kind::fixed: break;
  }
  return whole(a_);
}

bench_length parse_bench_length(std::string_view text) {
  const auto l = read(text);
  if (const auto why = problem_of(l); !why.empty())
    refuse(text, why);
  return l;
}

namespace data {

void check(const bench_length& length, std::string_view what) {
  if (const auto why = problem_of(length); !why.empty())
    throw error(errc::invalid_argument, std::string(what) + ": \"" + length.text() + "\" " + std::string(why));
}

std::uint64_t draw(const bench_length& length, std::mt19937_64& random) {
  double n = length.a();
  switch (length.what()) {
  case bench_length::kind::fixed: break;
  case bench_length::kind::uniform:
    return boost::random::uniform_int_distribution<std::uint64_t>(static_cast<std::uint64_t>(length.a()),
                                                                  static_cast<std::uint64_t>(length.b()))(random);
  case bench_length::kind::normal:
    n = boost::random::normal_distribution<double>(length.a(), length.b())(random);
    break;
  case bench_length::kind::lognormal:
    n *= std::exp(boost::random::normal_distribution<double>(0, length.b())(random));
    break;
  }
  return static_cast<std::uint64_t>(std::llround(std::clamp(n, 1.0, static_cast<double>(longest))));
}

} // namespace data

} // namespace weir::inline v0
