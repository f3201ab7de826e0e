#include "sim/dialects/tgi_parameters.hpp"

#include <string>

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

std::optional<std::string> complaint(const json::value& p, bool stream) {
  const auto best_of = codec::int_at(p, "best_of").value_or(1);
  const bool sampling = codec::bool_at(p, "do_sample").value_or(false) || codec::find(p, "temperature") ||
                        codec::find(p, "top_k") || codec::find(p, "top_p") || codec::find(p, "typical_p");
  if (best_of < 1 || best_of > static_cast<std::int64_t>(max_best_of))
    return "`best_of` must be > 0 and <= " + std::to_string(max_best_of) + ". Given: " + std::to_string(best_of);
  if (best_of != 1 && stream)
    return "`best_of` != 1 is not supported when streaming tokens";
  if (best_of != 1 && !sampling)
    return "you must use sampling when `best_of` is > 1";
  if (best_of != 1 && codec::find(p, "seed"))
    return "`seed` must not be set when `best_of` > 1";
  if (stream && codec::bool_at(p, "decoder_input_details").value_or(false))
    return "`decoder_input_details` == true is not supported when streaming tokens";
  if (const auto t = codec::number_at(p, "temperature"); t && *t <= 0)
    return "`temperature` must be strictly positive";
  if (const auto n = codec::number_at(p, "repetition_penalty"); n && *n <= 0)
    return "`repetition_penalty` must be strictly positive";
  for (const auto* name : {"top_p", "typical_p"})
    if (const auto n = codec::number_at(p, name); n && (*n <= 0 || *n >= 1))
      return "`" + std::string(name) + "` must be > 0.0 and < 1.0";
  if (const auto n = codec::int_at(p, "top_k"); n && *n <= 0)
    return "`top_k` must be strictly positive";
  if (const auto n = codec::int_at(p, "max_new_tokens"); n && *n <= 0)
    return "`max_new_tokens` must be strictly positive";
  if (const auto n = codec::int_at(p, "top_n_tokens");
      n && (*n < 0 || *n > static_cast<std::int64_t>(max_top_n_tokens)))
    return "`top_n_tokens` must be >= 0 and <= " + std::to_string(max_top_n_tokens) + ". Given: " + std::to_string(*n);
  if (const auto* stop = codec::array_at(p, "stop"); stop && stop->size() > max_stop_sequences)
    return "`stop` supports up to " + std::to_string(max_stop_sequences) +
           " stop sequences. Given: " + std::to_string(stop->size());
  return std::nullopt;
}

plan not_deserialized(std::string_view why) {
  plan out;
  out.status = 422;
  out.headers.emplace_back("content-type", "text/plain; charset=utf-8");
  out.body = "Failed to deserialize the JSON body into the target type: ";
  out.body += why;
  return out;
}

} // namespace

generate_parameters::generate_parameters(const json::value& body) {
  const auto* p = codec::find(body, "parameters");
  if (!p)
    return;
  max_new_tokens = codec::uint_at(*p, "max_new_tokens");
  seed = codec::uint_at(*p, "seed");
  best_of = codec::uint_at(*p, "best_of").value_or(1);
  top_n_tokens = codec::uint_at(*p, "top_n_tokens").value_or(0);
  details = codec::bool_at(*p, "details").value_or(false);
  decoder_input_details = codec::bool_at(*p, "decoder_input_details").value_or(false);
  const auto* grammar = codec::find(*p, "grammar");
  as_json = grammar && codec::string_at(*grammar, "type") != "regex";
  if (as_json)
    schema = codec::find(*grammar, "value");
  if (schema && codec::string_at(*grammar, "type") == "json_schema")
    schema = codec::find(*schema, "schema");
  if (const auto* stop = codec::array_at(*p, "stop"))
    for (const auto& each : *stop)
      if (each.is_string())
        stops.emplace_back(each.get_string());
}

std::optional<plan> refused_parameters(const json::value& body, bool stream) {
  if (!codec::string_at(body, "inputs"))
    return not_deserialized("missing field `inputs`");
  if (codec::string_at(body, "inputs")->empty())
    return tgi_error(422, "Input validation error: `inputs` cannot be empty", "validation");
  const auto* p = codec::find(body, "parameters");
  if (!p)
    return std::nullopt;
  if (const auto* grammar = codec::find(*p, "grammar")) {
    const auto type = codec::string_at(*grammar, "type").value_or("");
    if (type != "json" && type != "regex" && type != "json_schema")
      return not_deserialized(
          "parameters.grammar.type: unknown variant, expected one of `json`, `regex`, `json_schema`");
    if (!codec::find(*grammar, "value"))
      return not_deserialized("parameters.grammar: missing field `value`");
  }
  if (auto why = complaint(*p, stream))
    return tgi_error(422, "Input validation error: " + *why, "validation");
  return std::nullopt;
}

} // namespace weir::inline v0::sim
