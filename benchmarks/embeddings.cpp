// The cost of reading a response full of vectors: embeddings [ROWS [DIMENSIONS]]. Prints one line per way of reading.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <weir/core/base64.hpp>

#include "codec/json/floats.hpp"
#include "codec/json/json.hpp"

namespace {

namespace json = weir::codec::json;

double sink = 0;

template <class Body>
void measure(const char* name, std::size_t bytes, std::size_t numbers, Body body) {
  double best = 1e300;
  for (int round = 0; round < 7; ++round) {
    const auto from = std::chrono::steady_clock::now();
    sink += body();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
    best = std::min(best, took.count());
  }
  std::printf("%-52s %9zu bytes %8.1f MB/s %8.1f Mnumbers/s\n", name, bytes, static_cast<double>(bytes) / best / 1e6,
              static_cast<double>(numbers) / best / 1e6);
}

std::vector<float> numbers_of(std::size_t count) {
  std::vector<float> all(count);
  std::uint64_t state = 1;
  for (auto& x : all) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x = static_cast<float>(static_cast<double>(state >> 40) / (1 << 23) - 1) / 20;
  }
  return all;
}

std::string row_text(const float* values, std::size_t count) {
  json::array list;
  for (std::size_t i = 0; i < count; ++i)
    list.emplace_back(static_cast<double>(values[i]));
  return weir::codec::to_text(list);
}

std::string answer(const std::vector<float>& values, std::size_t rows, bool base64) {
  const auto dimensions = values.size() / rows;
  std::string text = R"({"object":"list","model":"m","data":[)";
  for (std::size_t i = 0; i < rows; ++i) {
    const auto* row = values.data() + i * dimensions;
    std::string bytes(dimensions * sizeof(float), '\0');
    std::memcpy(bytes.data(), row, bytes.size());
    text += (i ? "," : "") + std::string(R"({"object":"embedding","index":)") + std::to_string(i) + R"(,"embedding":)" +
            (base64 ? '"' + weir::encode_base64(bytes) + '"' : row_text(row, dimensions)) + '}';
  }
  return text + R"(],"usage":{"prompt_tokens":1,"total_tokens":1}})";
}

double by_document(const std::string& text) {
  weir::error_code ec;
  const auto v = weir::codec::parse_json(text, ec);
  std::vector<float> all;
  for (const auto& one : v.at("data").as_array())
    for (const auto& x : one.at("embedding").as_array())
      all.push_back(static_cast<float>(x.to_number<double>()));
  return static_cast<double>(all.back());
}

double by_scanning(const std::string& text) {
  weir::error_code ec;
  auto found = weir::codec::take_floats(text, "embedding", ec);
  const auto v = weir::codec::parse_json(found.rest, ec);
  for (const auto raw : found.strings)
    weir::codec::append_base64_floats(raw, found.values);
  return static_cast<double>(found.values.back()) + static_cast<double>(v.at("data").as_array().size());
}

double by_document_base64(const std::string& text) {
  weir::error_code ec;
  const auto v = weir::codec::parse_json(text, ec);
  std::vector<float> all;
  for (const auto& one : v.at("data").as_array())
    weir::codec::append_base64_floats(std::string_view(one.at("embedding").as_string()), all);
  return static_cast<double>(all.back());
}

} // namespace

int main(int argc, char** argv) {
  const std::size_t rows = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 256;
  const std::size_t dimensions = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1024;
  const auto values = numbers_of(rows * dimensions);
  const auto plain = answer(values, rows, false);
  const auto packed = answer(values, rows, true);
  std::string nested = "[";
  for (std::size_t i = 0; i < rows; ++i)
    nested += (i ? "," : "") + row_text(values.data() + i * dimensions, dimensions);
  nested += "]";
  std::printf("%zu vectors of %zu numbers, best of 7 rounds\n", rows, dimensions);
  measure("data[].embedding of numbers, as a document", plain.size(), values.size(),
          [&] { return by_document(plain); });
  measure("data[].embedding of numbers, scanned", plain.size(), values.size(), [&] { return by_scanning(plain); });
  measure("data[].embedding in base64, as a document", packed.size(), values.size(),
          [&] { return by_document_base64(packed); });
  measure("data[].embedding in base64, scanned", packed.size(), values.size(), [&] { return by_scanning(packed); });
  measure("nested arrays, as a document", nested.size(), values.size(), [&] {
    weir::error_code ec;
    return static_cast<double>(weir::codec::parse_json(nested, ec).as_array().size());
  });
  measure("nested arrays, scanned", nested.size(), values.size(), [&] {
    weir::error_code ec;
    return static_cast<double>(weir::codec::parse_floats(nested, ec).values.back());
  });
  return sink == 0 ? 1 : 0;
}
