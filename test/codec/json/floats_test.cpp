// Arrays of numbers, compared with the parser of documents.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>

#include <weir/core/base64.hpp>

#include "codec/json/floats.hpp"
#include "codec/json/json.hpp"
#include "codec/seeds.hpp"

using namespace weir;
using codec::float_block;
using codec::json::value;
using codec_test::dice;

namespace {

float_block parsed(std::string_view text) {
  error_code ec;
  auto block = codec::parse_floats(text, ec);
  CHECK_MESSAGE(!ec, text);
  return block;
}

bool refused(std::string_view text) {
  error_code ec;
  const auto block = codec::parse_floats(text, ec);
  return ec == errc::malformed_response && block.values.empty();
}

using sizes = std::vector<std::size_t>;
using numbers = std::vector<float>;

std::string bytes_of(const numbers& list) {
  std::string bytes(list.size() * 4, '\0');
  std::memcpy(bytes.data(), list.data(), bytes.size());
  return bytes;
}

float random_float(dice& d) {
  for (;;) {
    const auto f = std::bit_cast<float>(static_cast<std::uint32_t>(d.roll()));
    if (std::isfinite(f))
      return d.below(2) ? f : static_cast<float>(d.below(2000)) / 1000 - 1;
  }
}

std::string space(dice& d) {
  static constexpr std::string_view kinds[] = {"", "", "", " ", "\n", "\t \r"};
  return std::string(kinds[d.below(std::size(kinds))]);
}

std::string as_text(const value& v, dice& d) {
  if (const auto* list = v.if_array()) {
    std::string all = "[" + space(d);
    for (std::size_t i = 0; i < list->size(); ++i)
      all += (i ? space(d) + "," : std::string()) + space(d) + as_text((*list)[i], d);
    return all + space(d) + "]";
  }
  return codec::to_text(v);
}

// A sequence of arrays that are all alike but, perhaps, in their lengths.
value random_block(dice& d, std::size_t depth, std::size_t row) {
  codec::json::array list;
  if (depth == 0) {
    for (std::size_t i = 0; i < row; ++i)
      list.emplace_back(static_cast<double>(random_float(d)));
  } else {
    for (std::size_t i = 0, n = 1 + d.below(3); i < n; ++i)
      list.push_back(random_block(d, depth - 1, row));
  }
  return list;
}

void collect(const value& v, numbers& into) {
  if (const auto* list = v.if_array())
    for (const auto& e : *list)
      collect(e, into);
  else
    into.push_back(static_cast<float>(v.to_number<double>()));
}

bool same(const numbers& a, const numbers& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

} // namespace

TEST_CASE("arrays of numbers are read with their shape") {
  CHECK(parsed("[1,-2.5,3e2]").values == numbers{1, -2.5f, 300});
  CHECK(parsed("[1,-2.5,3e2]").shape == sizes{3});
  CHECK(parsed(" [ ] ").shape == sizes{0});
  const auto matrix = parsed(" [ [1 , 2],\n[3,4] , [5,6] ] ");
  CHECK(matrix.shape == sizes{3, 2});
  CHECK(matrix.values == numbers{1, 2, 3, 4, 5, 6});
  CHECK(matrix.rows.empty());
  CHECK(parsed("[[[1,2]],[[3,4]]]").shape == sizes{2, 1, 2});
}

TEST_CASE("inputs of unequal length keep their counts of rows") {
  const auto b = parsed("[[[[1,2],[3,4]]],[[[5,6]]]]");
  CHECK(b.shape == sizes{3, 2});
  CHECK(b.rows == sizes{2, 1});
  CHECK(b.values == numbers{1, 2, 3, 4, 5, 6});
  CHECK(parsed("[[[1],[2]],[[3]]]").rows == sizes{2, 1});
}

TEST_CASE("anything but an array of equally long rows of numbers is refused") {
  for (const char* text :
       {"",        " ",       "1",           "{}",          "[",      "[1",       "[1,",        "[1,]",
        "[,1]",    "[1 2]",   "[1]]",        "[1],",        "[1]x",   "[[1]",     "[[1],]",     "[[1],[2,3]]",
        "[[1],2]", "[1,[2]]", "[[1],[[2]]]", "[[[1]],[2]]", "[[]]",   "[[],[1]]", "[[[1]],[]]", "[null]",
        "[\"1\"]", "[true]",  "[01]",        "[-01]",       "[1.]",   "[.5]",     "[-.5]",      "[+1]",
        "[-]",     "[1e]",    "[1e+]",       "[1.e5]",      "[0x10]", "[inf]",    "[nan]",      "[-Infinity]",
        "[NaN]",   "[1e39]",  "[-1e400]",    "[1_0]"})
    CHECK_MESSAGE(refused(text), text);
  CHECK(refused(std::string(100, '[') + "1" + std::string(100, ']')));
}

TEST_CASE("numbers at the edges of float are read as the nearest one") {
  CHECK(parsed("[0]").values == numbers{0});
  CHECK(std::signbit(parsed("[-0.0]").values[0]));
  CHECK(parsed("[1e-60]").values == numbers{0});
  CHECK(parsed("[-1e-400]").values[0] == 0);
  CHECK(parsed("[3.4028234663852886e38]").values[0] == 3.4028234663852886e38f);
  CHECK(parsed("[1e-45]").values[0] == 1e-45f);
  CHECK(parsed("[0.1]").values[0] == 0.1f);
}

TEST_CASE("random arrays are read as the parser of documents reads them") {
  codec_test::for_seeds(3000, [](std::uint64_t seed) {
    dice d(seed);
    const auto document = random_block(d, d.below(4), 1 + d.below(5));
    auto text = as_text(document, d);
    INFO(codec_test::replay(seed, "random arrays are read as the parser of documents reads them"));
    INFO(text);
    numbers wanted;
    collect(document, wanted);
    error_code ec;
    REQUIRE(same(codec::parse_floats(text, ec).values, wanted));
    REQUIRE(!ec);
    // Any change of one byte that leaves numbers of the same shape must be JSON to both.
    const auto at = d.below(text.size());
    text[at] = "[],.-+0123456789 \"x"[d.below(19)];
    const auto block = codec::parse_floats(text, ec);
    error_code strict;
    const auto again = codec::parse_json(text, strict);
    if (ec)
      return;
    INFO(text);
    REQUIRE(!strict);
    numbers reread;
    collect(again, reread);
    REQUIRE(block.values.size() == reread.size());
    for (std::size_t i = 0; i < reread.size(); ++i)
      REQUIRE(std::abs(block.values[i] - reread[i]) <= std::abs(reread[i]) * 2e-7f);
  });
}

TEST_CASE("the values of a key are taken out of a document, wherever they are") {
  error_code ec;
  const auto m = codec::take_floats(
      R"({"data": [{"index":1, "embedding" : [ 1,2 ]}, {"x":"\"embedding\":[9]","embedding":"AAAA"}, {"embedding":[]}], "embedding": null})",
      "embedding", ec);
  REQUIRE(!ec);
  CHECK(
      m.rest ==
      R"({"data": [{"index":1, "embedding" : [0]}, {"x":"\"embedding\":[9]","embedding":"0"}, {"embedding":[1]}], "embedding": null})");
  CHECK(m.values == numbers{1, 2});
  CHECK(m.ends == sizes{2, 2});
  CHECK(m.strings == std::vector<std::string_view>{"AAAA"});
  CHECK(codec::take_floats(R"({"\u0065mbedding":[7]})", "embedding", ec).values == numbers{7});
  CHECK(codec::take_floats("[1,2]", "embedding", ec).rest == "[1,2]");
}

TEST_CASE("a value that is cut off or of another kind inside is refused") {
  for (const char* text : {R"({"embedding":[1,2)", R"({"embedding":[1,"2"]})", R"({"embedding":[[1]]})",
                           R"({"embedding":"AAA)", R"({"embedding":[01]})"}) {
    error_code ec;
    codec::take_floats(text, "embedding", ec);
    CHECK_MESSAGE(ec == errc::malformed_response, text);
  }
}

TEST_CASE("putting the vectors back into a random document gives the document") {
  codec_test::for_seeds(2000, [](std::uint64_t seed) {
    dice d(seed);
    codec::json::array data;
    numbers wanted;
    for (std::size_t i = 0, n = d.below(5); i < n; ++i) {
      codec::json::object one{
          {"index", i}, {"note", "a \\ \" \xC3\xA9 [1]"}, {"n", static_cast<double>(random_float(d))}};
      auto row = random_block(d, 0, d.below(4));
      collect(row, wanted);
      one["embedding"] = std::move(row);
      data.push_back(std::move(one));
    }
    const value document = codec::json::object{{"data", std::move(data)}, {"usage", nullptr}};
    const auto text = codec::to_text(document);
    INFO(codec_test::replay(seed, "putting the vectors back into a random document gives the document"));
    error_code ec;
    const auto m = codec::take_floats(text, "embedding", ec);
    REQUIRE(!ec);
    REQUIRE(same(m.values, wanted));
    auto rest = codec::parse_json(m.rest, ec);
    REQUIRE(!ec);
    std::size_t k = 0;
    for (auto& one : rest.as_object()["data"].as_array()) {
      REQUIRE(one.at("embedding").at(0) == k);
      one.as_object()["embedding"] = document.at("data").at(k++).at("embedding");
    }
    REQUIRE(rest == document);
    // If the document is broken, what is left of it is broken too, or the taking fails.
    auto broken = text;
    broken.erase(d.below(broken.size()), 1 + d.below(3));
    error_code strict, taking;
    codec::parse_json(broken, strict);
    const auto left = codec::take_floats(broken, "embedding", taking);
    error_code remains;
    if (!taking)
      codec::parse_json(left.rest, remains);
    INFO(broken);
    REQUIRE((!strict || taking || remains));
  });
}

TEST_CASE("base64 holds little-endian floats") {
  numbers to{5};
  CHECK(codec::append_base64_floats("AACAPwAAAMA=", to));
  CHECK(to == numbers{5, 1, -2});
  const numbers list{0.5f, -1e-30f, 3e38f};
  to.clear();
  CHECK(codec::append_base64_floats(encode_base64(bytes_of(list)), to));
  CHECK(to == list);
  CHECK(codec::append_base64_floats("\\u0041ACAPw==", to));
  CHECK(to.back() == 1);
  for (const char* bad : {"", "AAAA", "AACAPw=", "AAC!Pw==", "\\x"})
    CHECK_MESSAGE(!codec::append_base64_floats(bad, to), bad);
  CHECK(to.size() == 4);
}
