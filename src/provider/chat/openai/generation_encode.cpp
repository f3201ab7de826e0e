// Text generation requests: TGI's own form, completions APIs and chat (docs/providers.md, "Tasks").
#include "provider/chat/common_encode.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

json::object encode_grammar(const grammar& g) {
  auto value = g.value_is_json() ? codec::parse_argument(g.value(), "the grammar's schema") : json::value(g.value());
  return json::object{{"type", g.type()}, {"value", std::move(value)}};
}

json::array encode_stop(const text_generation& ask) { return json::array(ask.stop().begin(), ask.stop().end()); }

json::object tgi_parameters(const text_generation& ask, bool stream) {
  json::object p;
  put(p, "adapter_id", ask.adapter_id());
  put(p, "best_of", ask.best_of());
  // The server refuses it on streams, and it means nothing without details.
  if (!stream && ask.details().value_or(false))
    put(p, "decoder_input_details", ask.decoder_input_details());
  put(p, "details", ask.details());
  put(p, "do_sample", ask.do_sample());
  put(p, "frequency_penalty", ask.frequency_penalty());
  if (ask.grammar())
    p["grammar"] = encode_grammar(*ask.grammar());
  put(p, "max_new_tokens", ask.max_new_tokens());
  put(p, "repetition_penalty", ask.repetition_penalty());
  put(p, "return_full_text", ask.return_full_text());
  put(p, "seed", ask.seed());
  if (!ask.stop().empty())
    p["stop"] = encode_stop(ask);
  put(p, "temperature", ask.temperature());
  put(p, "top_k", ask.top_k());
  put(p, "top_n_tokens", ask.top_n_tokens());
  if (ask.top_p() != 1.0)
    put(p, "top_p", ask.top_p());
  put(p, "truncate", ask.truncate());
  put(p, "typical_p", ask.typical_p());
  put(p, "watermark", ask.watermark());
  return p;
}

// The other parameters exist in TGI only: strict servers refuse them, the rest ignore them.
json::object completions_body(const text_generation& ask, const route& to, json::value prompt) {
  json::object b{{"model", to.model}, {"prompt", std::move(prompt)}};
  put(b, "best_of", ask.best_of());
  put(b, "frequency_penalty", ask.frequency_penalty());
  put(b, "max_tokens", ask.max_new_tokens());
  put(b, "repetition_penalty", ask.repetition_penalty());
  put(b, "seed", ask.seed());
  if (!ask.stop().empty())
    b["stop"] = encode_stop(ask);
  put(b, "temperature", ask.temperature());
  put(b, "top_k", ask.top_k());
  put(b, "top_p", ask.top_p());
  return b;
}

// Chat's own names of the parameters it has; groq refuses unknown members.
json::object chat_body(const text_generation& ask, const route& to, json::value prompt) {
  json::object b{{"model", to.model},
                 {"messages", json::array{json::object{{"role", "user"}, {"content", std::move(prompt)}}}}};
  put(b, "frequency_penalty", ask.frequency_penalty());
  put(b, "max_tokens", ask.max_new_tokens());
  put(b, "seed", ask.seed());
  if (!ask.stop().empty())
    b["stop"] = encode_stop(ask);
  put(b, "temperature", ask.temperature());
  put(b, "top_p", ask.top_p());
  return b;
}

} // namespace

http::request encode_generation(const text_generation& ask, const route& to, bool stream) {
  json::object body;
  codec::long_texts texts;
  auto prompt = texts.value_of(ask.prompt());
  if (vendor_of(to).generation == generation_form::tgi) {
    body["inputs"] = std::move(prompt);
    body["parameters"] = tgi_parameters(ask, stream);
  } else if (vendor_of(to).generation == generation_form::chat) {
    body = chat_body(ask, to, std::move(prompt));
  } else {
    body = completions_body(ask, to, std::move(prompt));
  }
  body["stream"] = stream;
  merge_extra(body, ask.extra_body());
  return json_request(to, body, texts);
}

} // namespace weir::inline v0::provider
