// Text generation as Text Generation Inference and hf-inference speak it.
#include <algorithm>
#include <cmath>

#include "sim/answer.hpp"
#include "sim/protocol.hpp"

namespace weir::sim {

namespace json = codec::json;

namespace {

// Ids are invented; they only need to be stable for a text.
std::uint32_t token_id(std::string_view text) noexcept {
  std::uint32_t hash = 2166136261u; // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash % 128'000;
}

class generate_source final : public event_source {
public:
  generate_source(answer_text text, std::uint64_t tokens, bool limited, std::uint64_t input)
      : text_(std::move(text)), tokens_(tokens), limited_(limited), input_(input) {}

  piece next(std::string& event) override {
    const bool closing = !limited_ && index_ == tokens_;
    if (index_ > tokens_ || (index_ == tokens_ && !closing)) return piece::end;
    const std::string_view token = closing ? "</s>" : std::string_view(text_.token(index_));
    ++index_;
    event.assign("data: {\"index\":").append(std::to_string(index_));
    event.append(",\"token\":{\"id\":").append(std::to_string(closing ? 2 : token_id(token)));
    event.append(",\"text\":\"").append(escaped(token)).append("\",\"logprob\":-0.25,\"special\":");
    event.append(closing ? "true}" : "false}");
    if (closing || (limited_ && index_ == tokens_))
      append_end(event);
    else
      event.append(",\"generated_text\":null,\"details\":null}\n\n");
    return closing ? piece::extra : piece::token;
  }

private:
  void append_end(std::string& event) const {
    event.append(",\"generated_text\":\"").append(escaped(text_.text(tokens_)));
    event.append("\",\"details\":{\"finish_reason\":\"").append(limited_ ? "length" : "eos_token");
    event.append("\",\"generated_tokens\":").append(std::to_string(index_));
    event.append(",\"seed\":null,\"input_length\":").append(std::to_string(input_)).append("}}\n\n");
  }

  answer_text text_;
  std::uint64_t tokens_;
  bool limited_;
  std::uint64_t input_;
  std::uint64_t index_ = 0;
};

json::object details(const answer_text& text, const extent& size) {
  json::array tokens;
  for (std::uint64_t i = 0; i < size.tokens; ++i) {
    json::object token;
    token["id"] = token_id(text.token(i));
    token["text"] = text.token(i);
    token["logprob"] = -0.25;
    token["special"] = false;
    tokens.push_back(std::move(token));
  }
  json::object out;
  out["finish_reason"] = size.limited ? "length" : "eos_token";
  out["generated_tokens"] = size.tokens;
  out["seed"] = nullptr;
  out["prefill"] = json::array();
  out["tokens"] = std::move(tokens);
  return out;
}

} // namespace

plan answer_generate(const ask& a, generate_form form) {
  const auto inputs = codec::string_at(a.body, "inputs");
  if (!inputs) {
    plan out;
    out.status = 422;
    out.headers.emplace_back("content-type", "text/plain; charset=utf-8");
    out.body = "The body has no text in the member inputs.";
    return out;
  }
  if (inputs->empty()) return tgi_error(422, "Input validation error: `inputs` cannot be empty", "validation");
  const auto* parameters = codec::find(a.body, "parameters");
  const auto limit = parameters ? codec::uint_at(*parameters, "max_new_tokens") : std::nullopt;
  const answer_text text(*inputs, a.foreign ? wording::foreign : wording::plain);
  const extent size(a, limit, text.natural_length());
  const auto input = count_words(*inputs) + 1;
  if (form == generate_form::stream)
    return stream_plan(std::make_unique<generate_source>(text, size.tokens, size.limited, input));

  json::object answer;
  answer["generated_text"] = text.text(size.tokens);
  if (parameters && codec::bool_at(*parameters, "details").value_or(false)) answer["details"] = details(text, size);
  json::value body(std::move(answer));
  if (form == generate_form::list) {
    json::array list;
    list.push_back(std::move(body));
    body = std::move(list);
  }
  auto out = json_plan(200, body);
  out.headers.emplace_back("x-compute-type", "simulated");
  out.headers.emplace_back("x-prompt-tokens", std::to_string(input));
  out.headers.emplace_back("x-generated-tokens", std::to_string(size.tokens));
  return out;
}

plan answer_info() {
  json::object body;
  body["model_id"] = "weir/simulated";
  body["model_sha"] = nullptr;
  body["model_pipeline_tag"] = "text-generation";
  body["max_concurrent_requests"] = 20'000;
  body["max_best_of"] = 1;
  body["max_stop_sequences"] = 4;
  body["max_input_tokens"] = 1'000'000;
  body["max_total_tokens"] = 2'000'000;
  body["validation_workers"] = 1;
  body["max_client_batch_size"] = 1;
  body["router"] = "text-generation-router";
  body["version"] = "weir-sim";
  return json_plan(200, std::move(body));
}

} // namespace weir::sim
