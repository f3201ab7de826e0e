// Packed inputs in any pieces, damaged ones, and those that unpack to very much.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include <weir/core/error.hpp>

#include "batch/input/unpack.hpp"

using namespace weir;
using namespace weir::input;

namespace {

// printf 'one\ntwo\n' | gzip -n, and the same by zstd.
constexpr std::string_view gzip_text = "H4sIAAAAAAAAA8vPS+UqKc/nAgDmC7oSCAAAAA==";
constexpr std::string_view zstd_text = "KLUv/SQIQQAAb25lCnR3bwrmpg5A";

std::string from_base64(std::string_view text) {
  std::string out;
  unsigned bits = 0, count = 0;
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const char c : text) {
    const auto at = digits.find(c);
    if (at == digits.npos)
      break;
    bits = bits << 6 | static_cast<unsigned>(at);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xFF);
    }
  }
  return out;
}

// What comes out, and at most how much at once.
std::string unpacked(std::string_view packed, std::size_t piece, std::size_t* largest = nullptr) {
  const auto u = unpacker_of(packing_of(packed), "in.gz");
  std::string out;
  while (!packed.empty()) {
    const std::string some(packed.substr(0, piece));
    packed.remove_prefix(some.size());
    u->feed(some);
    for (auto part = u->pull(); !part.empty(); part = u->pull()) {
      if (largest)
        *largest = std::max(*largest, part.size());
      out += part;
    }
  }
  u->finish();
  return out;
}

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const error& e) {
    return e.failure().message();
  }
  return {};
}

// Built without one of the libraries.
bool can(std::string_view packed) {
  return refusal([&] { unpacker_of(packing_of(packed), "x"); }).empty();
}

} // namespace

TEST_CASE("what is packed is found by its first bytes") {
  CHECK(packing_of(from_base64(gzip_text)) == packing::gzip);
  CHECK(packing_of(from_base64(zstd_text)) == packing::zstd);
  CHECK(packing_of("{\"a\":1}") == packing::none);
  CHECK(packing_of("") == packing::none);
  CHECK(unpacked("plain", 2) == "plain");
}

TEST_CASE("packed inputs are unpacked in any pieces, and several in a row are one") {
  for (const auto text : {gzip_text, zstd_text}) {
    const auto packed = from_base64(text);
    if (!can(packed)) {
      MESSAGE("skipped: built without it");
      continue;
    }
    for (const std::size_t piece : {1, 2, 7, 1000}) {
      CHECK(unpacked(packed, piece) == "one\ntwo\n");
      CHECK(unpacked(packed + packed, piece) == "one\ntwo\none\ntwo\n");
    }
    for (std::size_t cut = 4; cut < packed.size(); ++cut)
      CHECK(refusal([&] { unpacked(packed.substr(0, cut), 3); }).find("in.gz is cut off") == 0);
    auto damaged = packed;
    damaged[damaged.size() - 2] = static_cast<char>(damaged[damaged.size() - 2] ^ 0x55);
    CHECK(refusal([&] { unpacked(damaged, 1000); }).find("in.gz is damaged") == 0);
  }
}

TEST_CASE("zeros behind gzip data are padding, and anything else is damage") {
  const auto packed = from_base64(gzip_text);
  if (!can(packed))
    return;
  CHECK(unpacked(packed + std::string(100, '\0'), 7) == "one\ntwo\n");
  CHECK(refusal([&] { unpacked(packed + "xx", 1000); }).find("in.gz is damaged") == 0);
  CHECK(refusal([&] { unpacked(packed + std::string(3, '\0') + "x", 1000); }).find("in.gz is damaged") == 0);
}

TEST_CASE("a few bytes that unpack to very many come out piece by piece") {
  // 10 MiB of zeros, by zstd.
  const auto packed =
      from_base64("KLUv/YRYAACgAFQAABAAAAEA+/85wAICABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAA"
                  "AgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQ"
                  "AAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIA"
                  "EAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAAC"
                  "ABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAADABAAcJs4UQ==");
  if (!can(packed))
    return;
  std::size_t largest = 0;
  CHECK(unpacked(packed, 1000, &largest).size() == 10u << 20);
  CHECK(largest <= (64u << 10));
}
