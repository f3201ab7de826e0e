// Base64: both alphabets, and what is refused.
#include <doctest/doctest.h>

#include <cctype>
#include <cstring>

#include <weir/core/base64.hpp>

#include "codec/seeds.hpp"
#include "codec/sse_run.hpp"

using namespace codec_test;
using namespace std::string_view_literals;
using weir::base64_space;
using weir::decode_base64;
using weir::encode_base64;

TEST_CASE("base64: the vectors of RFC 4648, section 10") {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    CHECK(encode_base64(bytes) == text);
    CHECK(decode_base64(text) == bytes);
    CHECK(decode_base64(text.substr(0, text.find('='))) == bytes);
  }
}

TEST_CASE("base64: both alphabets are read, the standard one is written") {
  CHECK(encode_base64("\xFB\xFF\xBF") == "+/+/");
  CHECK(decode_base64("+/+/") == "\xFB\xFF\xBF");
  CHECK(decode_base64("-_-_") == "\xFB\xFF\xBF");
  CHECK(encode_base64("\0\0"sv) == "AAA=");
}

TEST_CASE("base64: garbage is refused") {
  for (const auto text :
       {"A"sv,        "AAAAA"sv, "="sv,      "=="sv,       "===="sv,     "A==="sv,  "AA="sv,
        "AAA=="sv,    "AAAA="sv, "AAAA=="sv, "AAAA===="sv, "AA==AA=="sv, "AA=A"sv,  "=AAA"sv,
        "A=AA"sv,     "AA*A"sv,  "AAA\0"sv,  "AAA\xC3"sv,  "AAA,"sv,     "AAA."sv,  "AB=="sv,
        "AB"sv,       "AAB="sv,  "AAB"sv,    "AAA A"sv,    "AAAA\n"sv,   " AAAA"sv, "data:image/png;base64,AAAA"sv,
        "AAAAAA*A"sv, "AA*"sv,   "*A=="sv}) {
    INFO(shown(text));
    CHECK_FALSE(decode_base64(text));
  }
  for (int c = 0; c < 256; ++c) {
    const bool of_alphabet = std::isalnum(c) != 0 || (c != 0 && std::strchr("+/-_", c) != nullptr);
    for (std::size_t at = 0; at < 4; ++at) {
      std::string text = "AAAAAAAA";
      text[at] = static_cast<char>(c);
      CHECK(decode_base64(text).has_value() == of_alphabet);
    }
  }
}

TEST_CASE("base64: white space is skipped only if the caller allows it") {
  constexpr auto text = " Zm9v\r\nYm\tFy\n";
  CHECK_FALSE(decode_base64(text));
  CHECK(decode_base64(text, base64_space::skip) == "foobar");
  CHECK(decode_base64("Zg =\n=", base64_space::skip) == "f");
  CHECK(decode_base64(" \n", base64_space::skip) == "");
  CHECK_FALSE(decode_base64("Zm9v*", base64_space::skip));
  CHECK_FALSE(decode_base64("Zm9v\v", base64_space::skip));
}

TEST_CASE("base64: random bytes survive with padding and without") {
  for_seeds(5'000, [](std::uint64_t seed) {
    dice d(seed);
    std::string bytes(d.below(100), '\0');
    for (auto& b : bytes)
      b = static_cast<char>(d.below(256));
    const auto text = encode_base64(bytes);
    if (text.size() % 4 != 0 || decode_base64(text) != bytes || decode_base64(text.substr(0, text.find('='))) != bytes)
      FAIL_CHECK(replay(seed, "base64: random bytes survive with padding and without"), "  bytes: ", shown(bytes));
  });
}
