#include "batch/output/answer_json.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/core/base64.hpp>

#include "batch/output/generation_json.hpp"
#include "batch/output/result_json.hpp"
#include "codec/json/json.hpp"
#include "provider/answer/finish_words.hpp"

namespace weir::inline v0 {

namespace json = codec::json;

namespace {

json::value finish_reason(std::string_view sent, bool calls, const failure& why) {
  switch (provider::ending_of(sent)) {
  case provider::ending::complete: return calls ? "tool_calls" : "stop";
  case provider::ending::length: return "length";
  case provider::ending::filtered: return "content_filter";
  case provider::ending::failed:
  case provider::ending::unknown: break;
  }
  if (!sent.empty())
    return json::value(sent);
  if (why)
    return nullptr;
  return calls ? "tool_calls" : "stop";
}

json::value usage_object(const usage& u) {
  if (u.empty())
    return nullptr;
  const auto in = u.prompt_tokens ? u.prompt_tokens : u.units.input_tokens();
  const auto out = u.completion_tokens ? u.completion_tokens : u.units.output_tokens();
  json::object o;
  o["prompt_tokens"] = in.value_or(0);
  o["completion_tokens"] = out.value_or(0);
  o["total_tokens"] = u.total_tokens.value_or(in.value_or(0) + out.value_or(0));
  json::object prompt, completion;
  if (u.cached_tokens)
    prompt["cached_tokens"] = *u.cached_tokens;
  if (u.cache_write_tokens)
    prompt["cache_write_tokens"] = *u.cache_write_tokens;
  if (u.reasoning_tokens)
    completion["reasoning_tokens"] = *u.reasoning_tokens;
  if (!prompt.empty())
    o["prompt_tokens_details"] = std::move(prompt);
  if (!completion.empty())
    o["completion_tokens_details"] = std::move(completion);
  if (u.cost)
    o["cost"] = *u.cost;
  return o;
}

json::object head(std::string_view kind, const std::string& id, std::int64_t created, const std::string& model,
                  const body_defaults& d) {
  return json::object{{"id", id.empty() ? d.id : id},
                      {"object", kind},
                      {"created", created == 0 ? d.created : created},
                      {"model", model.empty() ? d.model : model}};
}

json::object odds(const token_logprob& t) {
  json::object o{{"token", t.token}};
  o["logprob"] = t.logprob ? json::value(*t.logprob) : json::value(nullptr);
  o["bytes"] = t.bytes.empty() ? json::value(nullptr) : json::value(json::array(t.bytes.begin(), t.bytes.end()));
  return o;
}

json::value logprobs_object(const std::vector<token_logprob>& all) {
  if (all.empty())
    return nullptr;
  json::array content;
  for (const auto& t : all) {
    auto o = odds(t);
    json::array top;
    for (const auto& other : t.top)
      top.push_back(odds(other));
    o["top_logprobs"] = std::move(top);
    content.push_back(std::move(o));
  }
  return json::object{{"content", std::move(content)}};
}

std::string place_of(const media& m) {
  if (!m.path.empty() || !m.url.empty())
    return m.path.empty() ? m.url : m.path;
  return "data:" + (m.content_type.empty() ? std::string("application/octet-stream") : m.content_type) + ";base64," +
         encode_base64(m.bytes);
}

void add_media(json::object& message, const std::vector<media>& all) {
  json::array images;
  for (const auto& m : all) {
    if (!m.content_type.starts_with("audio/"))
      images.push_back(json::object{{"type", "image_url"}, {"image_url", json::object{{"url", place_of(m)}}}});
    else if (!m.bytes.empty())
      message["audio"] = json::object{{"data", encode_base64(m.bytes)}};
    else
      message["audio"] = json::object{{"url", place_of(m)}};
  }
  if (!images.empty())
    message["images"] = std::move(images);
}

json::object message_object(const choice& c) {
  json::object message{{"role", "assistant"}};
  message["content"] =
      c.text.empty() && (!c.tool_calls.empty() || !c.refusal.empty()) ? json::value(nullptr) : json::value(c.text);
  message["refusal"] = c.refusal.empty() ? json::value(nullptr) : json::value(c.refusal);
  if (!c.reasoning.empty())
    message["reasoning_content"] = c.reasoning;
  json::array blocks;
  for (const auto& b : c.reasoning_blocks) {
    error_code ec;
    if (auto v = codec::parse_json(b, ec); !ec)
      blocks.push_back(std::move(v));
  }
  if (!blocks.empty())
    message["reasoning_details"] = std::move(blocks);
  json::array calls;
  for (const auto& call : c.tool_calls)
    calls.push_back(json::object{{"id", call.id},
                                 {"type", "function"},
                                 {"function", json::object{{"name", call.name}, {"arguments", call.arguments}}}});
  if (!calls.empty())
    message["tool_calls"] = std::move(calls);
  add_media(message, c.media);
  return message;
}

bool is_blank(const choice& c) noexcept {
  return c.text.empty() && c.reasoning.empty() && c.reasoning_blocks.empty() && c.refusal.empty() &&
         c.tool_calls.empty() && c.media.empty();
}

bool is_blank(const completion& c) noexcept {
  for (const auto& one : c.choices)
    if (!is_blank(one))
      return false;
  return true;
}

json::object sequence_object(const generated_sequence& s, std::size_t index, const failure& why) {
  return json::object{{"index", index},
                      {"text", s.text},
                      {"logprobs", nullptr},
                      {"finish_reason", finish_reason(s.finish_reason, false, why)}};
}

// In the digits that a float needs: as a double, 0.1f is 0.10000000149011612.
double in_short(float f) noexcept {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, f).ptr;
  double d = f;
  std::from_chars(digits, end, d);
  return d;
}

json::array vector_of(const embeddings& e, std::size_t row) {
  json::array all;
  const auto values = e.row(row);
  all.reserve(values.size());
  for (const auto f : values)
    all.push_back(in_short(f));
  return all;
}

// How many vectors each input has; empty where each has one, without a list around it.
std::vector<std::size_t> lists_of(const embeddings& e) {
  if (!e.counts.empty())
    return e.counts;
  return e.shape.size() == 3 ? std::vector<std::size_t>(e.shape[0], e.shape[1]) : std::vector<std::size_t>();
}

} // namespace

std::string answer_body(const completion& c, const body_defaults& d) {
  if (c.failure && is_blank(c))
    return {};
  auto o = head("chat.completion", c.info.id, c.info.created, c.info.model, d);
  json::array choices;
  for (const auto& one : c.choices)
    choices.push_back(
        json::object{{"index", one.index},
                     {"message", message_object(one)},
                     {"logprobs", logprobs_object(one.logprobs)},
                     {"finish_reason", finish_reason(one.finish_reason, !one.tool_calls.empty(), c.failure)}});
  o["choices"] = std::move(choices);
  o["usage"] = usage_object(c.usage);
  if (!c.info.service_tier.empty())
    o["service_tier"] = c.info.service_tier;
  if (!c.info.system_fingerprint.empty())
    o["system_fingerprint"] = c.info.system_fingerprint;
  return codec::to_text(o);
}

std::string answer_body(const generation& g, const body_defaults& d) {
  if (g.failure && g.sequence.text.empty() && g.best_of.empty())
    return {};
  auto o = head("text_completion", {}, 0, {}, d);
  json::array choices;
  choices.push_back(sequence_object(g.sequence, 0, g.failure));
  for (const auto& s : g.best_of)
    choices.push_back(sequence_object(s, choices.size(), g.failure));
  o["choices"] = std::move(choices);
  o["usage"] = usage_object(g.usage);
  if (auto details = details_object(g); !details.empty()) {
    details.stable_erase("type");
    o["details"] = std::move(details);
  }
  return codec::to_text(o);
}

std::string answer_body(const embeddings& e, const body_defaults& d) {
  json::array data;
  const auto add = [&data](json::array vector) {
    data.push_back(json::object{{"object", "embedding"}, {"index", data.size()}, {"embedding", std::move(vector)}});
  };
  std::size_t row = 0;
  if (const auto lists = lists_of(e); lists.empty()) {
    for (; row < e.rows(); ++row)
      add(vector_of(e, row));
  } else {
    for (const auto n : lists) {
      json::array tokens;
      for (const auto end = std::min(row + n, e.rows()); row < end; ++row)
        tokens.push_back(vector_of(e, row));
      add(std::move(tokens));
    }
  }
  json::object o{{"object", "list"}, {"data", std::move(data)}, {"model", d.model}};
  o["usage"] = usage_object(e.usage);
  return codec::to_text(o);
}

std::string answer_body(const std::any& result, const body_defaults& d) {
  if (const auto* c = std::any_cast<completion>(&result))
    return answer_body(*c, d);
  if (const auto* g = std::any_cast<generation>(&result))
    return answer_body(*g, d);
  if (const auto* e = std::any_cast<embeddings>(&result))
    return answer_body(*e, d);
  const auto v = result_json(result);
  return v.is_null() ? std::string() : codec::to_text(v);
}

} // namespace weir::inline v0
