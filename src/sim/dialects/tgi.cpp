// Text generation as Text Generation Inference and hf-inference speak it.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/answer/script.hpp"
#include "sim/dialects/tgi_parameters.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

// Ids are invented; they only need to be stable for a given text.
std::uint32_t token_id(std::string_view text) noexcept {
  std::uint32_t hash = 2166136261u; // FNV-1a
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash % 128'000;
}

void append_token(std::string& out, std::uint32_t id, std::string_view text, std::string_view logprob, bool special) {
  out.append("{\"id\":").append(std::to_string(id));
  out.append(",\"text\":\"").append(escaped(text)).append("\",\"logprob\":").append(logprob);
  out.append(",\"special\":").append(special ? "true}" : "false}");
}

// What the model might have said instead; the token itself comes first.
std::string alternative(std::string_view text, std::uint64_t rank) {
  return std::string(text) + (rank == 0 ? "" : "~" + std::to_string(rank));
}

// Words with the space before them, as a text's tokens, with the offset of each.
std::vector<std::pair<std::string_view, std::size_t>> words_of(std::string_view text) {
  std::vector<std::pair<std::string_view, std::size_t>> all;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at + 1), text.size());
    all.emplace_back(text.substr(at, end - at), at);
    at = end;
  }
  return all;
}

json::array tokens_as_json(std::string_view text) {
  json::array all;
  for (const auto& [word, start] : words_of(text)) {
    json::object token;
    token["id"] = token_id(word);
    token["text"] = word;
    token["start"] = start;
    token["stop"] = start + word.size();
    all.push_back(std::move(token));
  }
  return all;
}

constexpr std::string_view natural_end = "eos_token";

std::string_view finish_of(const said& s) {
  return s.stopped ? "stop_sequence" : s.size.limited ? "length" : natural_end;
}

class generate_source final : public event_source {
public:
  generate_source(const said& s, std::uint64_t input, generate_parameters how)
      : text_(s.text), tokens_(s.size.tokens), ends_(finish_of(s)), closes_(ends_ == natural_end), input_(input),
        how_(std::move(how)) {}

  piece next(std::string& event) override {
    const bool closing = closes_ && index_ == tokens_;
    if (index_ > tokens_ || (index_ == tokens_ && !closing))
      return piece::end;
    const std::string_view token = closing ? "</s>" : std::string_view(text_.token(index_));
    ++index_;
    event.assign("data: {\"index\":").append(std::to_string(index_));
    event.append(",\"token\":");
    append_token(event, closing ? 2 : token_id(token), token, "-0.25", closing);
    if (how_.top_n_tokens != 0) {
      event.append(",\"top_tokens\":[");
      for (std::uint64_t rank = 0; rank < how_.top_n_tokens; ++rank) {
        const auto other = alternative(token, rank);
        if (rank != 0)
          event += ',';
        append_token(event, token_id(other), other, rank == 0 ? "-0.25" : "-2.5", closing && rank == 0);
      }
      event += ']';
    }
    if (closing || (!closes_ && index_ == tokens_))
      append_end(event);
    else
      event.append(",\"generated_text\":null,\"details\":null}\n\n");
    return closing ? piece::extra : piece::token;
  }

private:
  void append_end(std::string& event) const {
    event.append(",\"generated_text\":\"").append(escaped(text_.text(tokens_)));
    event.append("\",\"details\":{\"finish_reason\":\"").append(ends_);
    event.append("\",\"generated_tokens\":").append(std::to_string(index_));
    event.append(",\"seed\":").append(how_.seed ? std::to_string(*how_.seed) : "null");
    event.append(",\"input_length\":").append(std::to_string(input_)).append("}}\n\n");
  }

  answer_text text_;
  std::uint64_t tokens_;
  std::string_view ends_;
  bool closes_; ///< With a token of its own.
  std::uint64_t input_;
  generate_parameters how_;
  std::uint64_t index_ = 0;
};

json::object one_token(std::string_view text, double logprob) {
  json::object token;
  token["id"] = token_id(text);
  token["text"] = text;
  token["logprob"] = logprob;
  return token;
}

json::object details(const said& s, const generate_parameters& how, std::string_view inputs) {
  json::array tokens, top, prefill;
  for (std::uint64_t i = 0; i < s.size.tokens; ++i) {
    tokens.push_back(one_token(s.text.token(i), -0.25));
    tokens.back().get_object()["special"] = false;
    json::array ranked;
    for (std::uint64_t rank = 0; rank < how.top_n_tokens; ++rank) {
      ranked.push_back(one_token(alternative(s.text.token(i), rank), rank == 0 ? -0.25 : -2.5));
      ranked.back().get_object()["special"] = false;
    }
    top.push_back(std::move(ranked));
  }
  if (how.decoder_input_details)
    for (const auto& [word, start] : words_of(inputs)) {
      prefill.push_back(one_token(word, -1.5));
      if (start == 0)
        prefill.back().get_object()["logprob"] = nullptr;
    }
  json::object out;
  out["finish_reason"] = finish_of(s);
  out["generated_tokens"] = s.size.tokens;
  out["seed"] = how.seed ? json::value(*how.seed) : json::value(nullptr);
  out["prefill"] = std::move(prefill);
  out["tokens"] = std::move(tokens);
  if (how.top_n_tokens != 0)
    out["top_tokens"] = std::move(top);
  return out;
}

// The other best_of candidates: each one token shorter than the one before.
json::array other_sequences(said s, const generate_parameters& how, std::string_view inputs) {
  json::array all;
  for (std::uint64_t i = 1; i < how.best_of; ++i) {
    if (s.size.tokens > 1)
      --s.size.tokens;
    auto sequence = details(s, how, inputs);
    sequence["generated_text"] = s.whole();
    all.push_back(std::move(sequence));
  }
  return all;
}

} // namespace

plan answer_generate(const ask& a, generate_form form) {
  if (auto refused = refused_parameters(a.body, form == generate_form::stream))
    return std::move(*refused);
  const std::string_view inputs = *codec::string_at(a.body, "inputs");
  const generate_parameters how(a.body);
  wanted w{std::string(inputs)};
  w.limit = how.max_new_tokens;
  w.stops = how.stops;
  w.keeps_stop = true;
  w.as_json = how.as_json;
  w.schema = how.schema;
  w.may_reason = false;
  const said s(a, w);
  const auto input = count_words(inputs) + 1;
  if (form == generate_form::stream)
    return stream_plan(std::make_unique<generate_source>(s, input, how));

  json::object answer;
  answer["generated_text"] = s.whole();
  if (how.details) {
    auto more = details(s, how, inputs);
    if (how.best_of > 1)
      more["best_of_sequences"] = other_sequences(s, how, inputs);
    answer["details"] = std::move(more);
  }
  json::value body(std::move(answer));
  if (form == generate_form::list) {
    json::array list;
    list.push_back(std::move(body));
    body = std::move(list);
  }
  auto out = json_plan(200, body);
  out.headers.emplace_back("x-compute-type", "simulated");
  out.headers.emplace_back("x-prompt-tokens", std::to_string(input));
  out.headers.emplace_back("x-generated-tokens", std::to_string(s.size.tokens));
  return out;
}

plan answer_tokenize(const ask& a) {
  if (auto refused = refused_parameters(a.body, false))
    return std::move(*refused);
  return json_plan(200, tokens_as_json(*codec::string_at(a.body, "inputs")));
}

plan answer_chat_tokenize(const ask& a) {
  const auto* messages = codec::array_at(a.body, "messages");
  if (!messages)
    return tgi_error(422, "Template error: template not found", "template_error");
  std::string text;
  for (const auto& m : *messages) {
    text.append("<").append(codec::string_at(m, "role").value_or("user")).append("> ");
    text.append(codec::string_at(m, "content").value_or("")).append(" ");
  }
  text += "<assistant>";
  json::object out;
  out["tokenize_response"] = tokens_as_json(text);
  out["templated_text"] = text;
  return json_plan(200, std::move(out));
}

plan answer_metrics(std::uint64_t requests) {
  plan out;
  out.headers.emplace_back("content-type", "text/plain; charset=utf-8");
  out.body = "# TYPE tgi_request_count counter\ntgi_request_count " + std::to_string(requests) +
             "\n# TYPE tgi_request_failure counter\ntgi_request_failure{err=\"validation\"} 0\n"
             "# TYPE tgi_queue_size gauge\ntgi_queue_size 0\n"
             "# TYPE tgi_request_duration histogram\ntgi_request_duration_bucket{le=\"+Inf\"} " +
             std::to_string(requests) + "\n";
  return out;
}

plan answer_info() {
  json::object body;
  body["model_id"] = "weir/simulated";
  body["model_sha"] = nullptr;
  body["model_pipeline_tag"] = "text-generation";
  body["max_concurrent_requests"] = 20'000;
  body["max_best_of"] = max_best_of;
  body["max_stop_sequences"] = max_stop_sequences;
  body["max_input_tokens"] = 1'000'000;
  body["max_total_tokens"] = 2'000'000;
  body["validation_workers"] = 1;
  body["max_client_batch_size"] = 1;
  body["router"] = "text-generation-router";
  body["version"] = "weir-sim";
  return json_plan(200, std::move(body));
}

} // namespace weir::inline v0::sim
