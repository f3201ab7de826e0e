// Vectors of length 1, the same for the same text.
#include <bit>
#include <cmath>
#include <cstring>

#include <weir/core/base64.hpp>

#include "sim/answer/text.hpp"
#include "sim/protocol.hpp"
#include "sim/tasks/media.hpp"
#include "sim/tasks/tasks.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::uint64_t usual_dimensions = 384;
constexpr std::uint64_t most_dimensions = 8192;

std::vector<float> vector_of(std::string_view text, std::uint64_t dimensions) {
  std::vector<float> v(std::min(std::max<std::uint64_t>(dimensions, 1), most_dimensions));
  auto state = seed_of(text);
  double square = 0;
  for (auto& x : v) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x = static_cast<float>(static_cast<double>(state >> 40) / (1 << 23) - 1);
    square += static_cast<double>(x) * static_cast<double>(x);
  }
  for (auto& x : v)
    x = static_cast<float>(static_cast<double>(x) / std::sqrt(square));
  return v;
}

json::array numbers(const std::vector<float>& v) { return json::array(v.begin(), v.end()); }

std::string in_base64(const std::vector<float>& v) {
  static_assert(std::endian::native == std::endian::little);
  std::string bytes(v.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), v.data(), bytes.size());
  return encode_base64(bytes);
}

} // namespace

json::array embedding_of(std::string_view text, std::optional<std::uint64_t> dimensions) {
  return numbers(vector_of(text, dimensions.value_or(usual_dimensions)));
}

std::vector<std::string> texts_at(const json::value& body, std::string_view key) {
  std::vector<std::string> out;
  if (const auto only = codec::string_at(body, key))
    out.emplace_back(*only);
  if (const auto* list = codec::array_at(body, key))
    for (const auto& each : *list) {
      if (!each.is_string())
        return {};
      out.emplace_back(each.get_string());
    }
  return out;
}

plan answer_vectors(const task_ask& a) {
  if (a.texts.empty())
    return hf_error("Error in `inputs`: field required");
  const auto dimensions = codec::uint_at(a.body, "dimensions").value_or(usual_dimensions);
  if (!a.batch)
    return json_plan(200, numbers(vector_of(a.texts.front(), dimensions)));
  json::array all;
  for (const auto& t : a.texts)
    all.push_back(numbers(vector_of(t, dimensions)));
  return json_plan(200, all);
}

plan answer_embeddings(const json::value& body) {
  const auto texts = texts_at(body, "input");
  if (texts.empty())
    return openai_error(400, "input must be a string or a list of strings.", "invalid_request_error", "missing_input");
  const auto format = codec::string_at(body, "encoding_format").value_or("float");
  if (format != "float" && format != "base64")
    return openai_error(400, "encoding_format must be float or base64.", "invalid_request_error",
                        "invalid_encoding_format");

  const auto dimensions = codec::uint_at(body, "dimensions").value_or(usual_dimensions);
  json::array data;
  std::uint64_t tokens = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto v = vector_of(texts[i], dimensions);
    data.push_back(
        json::object{{"object", "embedding"},
                     {"index", i},
                     {"embedding", format == "base64" ? json::value(in_base64(v)) : json::value(numbers(v))}});
    tokens += count_words(texts[i]);
  }
  return json_plan(200, json::object{{"object", "list"},
                                     {"data", std::move(data)},
                                     {"model", *codec::find(body, "model")},
                                     {"usage", json::object{{"prompt_tokens", tokens}, {"total_tokens", tokens}}}});
}

} // namespace weir::inline v0::sim
