#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <weir/bench/histogram.hpp>
#include <weir/core/base64.hpp>
#include <weir/core/error.hpp>
#include <weir/core/random.hpp>

#include "bench/stats/hdr.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;

constexpr duration ns(std::uint64_t n) { return duration(static_cast<duration::rep>(n)); }

histogram of(const std::vector<std::uint64_t>& values) {
  histogram h;
  for (const auto v : values)
    h.add(ns(v));
  return h;
}

// Over all sizes: the exponent is uniform.
std::vector<std::uint64_t> sample(std::size_t n, std::uint64_t seed) {
  random_source random(seed);
  std::vector<std::uint64_t> all(n);
  for (auto& v : all)
    v = static_cast<std::uint64_t>(std::exp(random.uniform() * std::log(3.6e12)));
  return all;
}

} // namespace

TEST_CASE("places cover all values without a gap, each with values of the same length to 0.1 %") {
  REQUIRE(hdr::first_of(0) == 0);
  for (std::size_t p = 0; p < hdr::places; ++p) {
    CAPTURE(p);
    REQUIRE(hdr::place_of(hdr::first_of(p)) == p);
    REQUIRE(hdr::place_of(hdr::last_of(p)) == p);
    REQUIRE(hdr::first_of(p + 1) == hdr::last_of(p) + 1);
    REQUIRE(static_cast<double>(hdr::last_of(p) - hdr::first_of(p)) <= 0.001 * static_cast<double>(hdr::first_of(p)));
    REQUIRE(hdr::middle_of(p) >= hdr::first_of(p));
    REQUIRE(hdr::middle_of(p) <= hdr::last_of(p));
  }
  CHECK(hdr::last_of(hdr::places - 1) >= hdr::highest);
}

TEST_CASE("every percentile is that of the sorted values to within 0.1 %") {
  auto values = sample(20'000, 1);
  const auto h = of(values);
  std::sort(values.begin(), values.end());
  REQUIRE(h.count() == values.size());
  for (int i = 0; i <= 1000; ++i) {
    CAPTURE(i);
    const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(i) * values.size() / 1000);
    const auto truth = static_cast<double>(values[rank - 1]);
    REQUIRE(std::abs(static_cast<double>(h.at(i / 1000.0).count()) - truth) <= 0.001 * truth);
  }
  long double sum = 0, squares = 0;
  for (const auto v : values)
    sum += static_cast<long double>(v);
  const auto mean = sum / static_cast<long double>(values.size());
  for (const auto v : values)
    squares += (static_cast<long double>(v) - mean) * (static_cast<long double>(v) - mean);
  CHECK(static_cast<double>(h.mean().count()) == doctest::Approx(static_cast<double>(mean)).epsilon(0.001));
  CHECK(static_cast<double>(h.deviation().count()) ==
        doctest::Approx(static_cast<double>(std::sqrt(squares / static_cast<long double>(values.size()))))
            .epsilon(0.001));
  CHECK(h.count_up_to(h.at(0.25)) == 5000);
}

TEST_CASE("ranks are those of order statistics") {
  const auto h = of({5, 1, 3, 2, 4});
  CHECK(h.at(0) == 1ns);
  CHECK(h.at(0.2) == 1ns);
  CHECK(h.at(0.21) == 2ns);
  CHECK(h.at(0.5) == 3ns);
  CHECK(h.at(1) == 5ns);
  CHECK(h.at_rank(0) == 1ns);
  CHECK(h.at_rank(9) == 5ns);
  histogram hundred;
  for (std::uint64_t i = 1; i <= 100; ++i)
    hundred.add(ns(i));
  for (std::uint64_t i = 1; i <= 100; ++i)
    CHECK(hundred.at(static_cast<double>(i) / 100) == ns(i));
  CHECK(histogram().at(0.5) == 0ns);
  CHECK(histogram().mean() == 0ns);
}

TEST_CASE("values out of the range count as the nearest within it") {
  histogram h;
  h.add(-5ns);
  h.add(2h, 3);
  CHECK(h.count() == 4);
  CHECK(h.beyond() == 3);
  CHECK(h.min() == 0ns);
  CHECK(std::abs((h.max() - 1h) / 1s) < 4);
}

TEST_CASE("parts merged equal the whole, bit for bit, also by their texts") {
  const auto values = sample(30'000, 7);
  histogram whole, merged, read;
  std::vector<histogram> parts(3);
  for (std::size_t i = 0; i < values.size(); ++i) {
    whole.add(ns(values[i]));
    parts[i % 3].add(ns(values[i]));
  }
  for (const auto& p : parts) {
    merged.merge(p);
    read.merge(histogram::decoded(p.encoded()));
  }
  CHECK(merged == whole);
  CHECK(read == whole);
  CHECK(read.count() == whole.count());
  CHECK(read.encoded() == whole.encoded());
  CHECK(read.mean() == whole.mean());
  CHECK(histogram::decoded(histogram().encoded()) == histogram());
}

TEST_CASE("a text of another implementation is read") {
  // By the Python package hdrhistogram 0.10.3: HdrHistogram(1, 3600000000000, 3) with 1, 2047, 2048, 1000000 (three
  // times), 123456789 and 3600000000000.
  const auto h = histogram::decoded("HISTFAAAADJ4nJNpmSzMwMAgyAABzFCaEch0M9ixgMH+A1SA6ac8E9P+Pka2j3lM998wMgEAyKUJ/g==");
  CHECK(h == of({1, 2047, 2048, 1'000'000, 1'000'000, 1'000'000, 123'456'789, 3'600'000'000'000}));
}

TEST_CASE("a damaged text is refused, wherever it is damaged") {
  const auto text = of(sample(200, 3)).encoded();
  CHECK_THROWS_AS(histogram::decoded(""), error);
  CHECK_THROWS_AS(histogram::decoded("?"), error);
  for (std::size_t n = 4; n + 4 < text.size(); n += 4)
    CHECK_THROWS_AS(histogram::decoded(text.substr(0, n)), error);
  const auto plain = hdr::encode({1, 0, 0, 2});
  CHECK(hdr::decode(plain) == std::vector<std::uint64_t>{1, 0, 0, 2});
  random_source random(4);
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = plain;
    bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    try {
      const auto h = histogram::decoded(encode_base64(bytes));
      CHECK(h.at_rank(h.count()) <= histogram::longest + histogram::longest / 1000);
    } catch (const error& e) {
      CHECK(e.code() == errc::invalid_argument);
    }
  }
}
