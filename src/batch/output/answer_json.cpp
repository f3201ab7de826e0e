#include "batch/output/answer_json.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/core/base64.hpp>

#include "batch/output/generation_json.hpp"
#include "batch/output/object_writer.hpp"
#include "batch/output/result_json.hpp"
#include "codec/json/json.hpp"
#include "provider/answer/finish_words.hpp"

namespace weir::inline v0 {

namespace json = codec::json;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

constexpr std::size_t usual_body = 512; // without its text

// The same values come with every answer, and are written without a tree.
void append_finish_reason(std::string& out, std::string_view sent, bool calls, const failure& why) {
  const auto ended = provider::ending_of(sent);
  if (ended == provider::ending::length)
    out += R"("length")";
  else if (ended == provider::ending::filtered)
    out += R"("content_filter")";
  else if (ended != provider::ending::complete && !sent.empty())
    append_quoted(out, sent);
  else if (ended != provider::ending::complete && why)
    out += "null";
  else
    out += calls ? R"("tool_calls")" : R"("stop")";
}

void append_usage(std::string& out, const usage& u) {
  if (u.empty()) {
    out += "null";
    return;
  }
  const auto prompt = u.prompt_tokens ? u.prompt_tokens : u.units.input_tokens();
  const auto made = u.completion_tokens ? u.completion_tokens : u.units.output_tokens();
  object_writer o(out);
  o.number("prompt_tokens", prompt.value_or(0));
  o.number("completion_tokens", made.value_or(0));
  o.number("total_tokens", u.total_tokens.value_or(prompt.value_or(0) + made.value_or(0)));
  if (u.cached_tokens || u.cache_write_tokens) {
    object_writer each(o.member("prompt_tokens_details"));
    if (u.cached_tokens)
      each.number("cached_tokens", *u.cached_tokens);
    if (u.cache_write_tokens)
      each.number("cache_write_tokens", *u.cache_write_tokens);
    each.close();
  }
  if (u.reasoning_tokens) {
    object_writer each(o.member("completion_tokens_details"));
    each.number("reasoning_tokens", *u.reasoning_tokens);
    each.close();
  }
  if (u.cost)
    o.number("cost", *u.cost);
  o.close();
}

void add_head(object_writer& o, std::string_view kind, std::string_view id, std::int64_t created,
              std::string_view model, const body_defaults& d) {
  o.text("id", id.empty() ? d.id : id);
  o.text("object", kind);
  o.number("created", created == 0 ? d.created : created);
  o.text("model", model.empty() ? d.model : model);
}

json::object odds(const token_logprob& t) {
  json::object o{{"token", t.token}};
  o["logprob"] = t.logprob ? json::value(*t.logprob) : json::value(nullptr);
  o["bytes"] = t.bytes.empty() ? json::value(nullptr) : json::value(json::array(t.bytes.begin(), t.bytes.end()));
  return o;
}

std::string logprobs_text(const std::vector<token_logprob>& all) {
  if (all.empty())
    return "null";
  json::array content;
  for (const auto& t : all) {
    auto o = odds(t);
    json::array top;
    for (const auto& other : t.top)
      top.push_back(odds(other));
    o["top_logprobs"] = std::move(top);
    content.push_back(std::move(o));
  }
  return codec::to_text(json::object{{"content", std::move(content)}});
}

std::string place_of(const media& m) {
  if (!m.path.empty() || !m.url.empty())
    return m.path.empty() ? m.url : m.path;
  return "data:" + (m.content_type.empty() ? std::string("application/octet-stream") : m.content_type) + ";base64," +
         encode_base64(m.bytes);
}

void add_media(object_writer& message, const std::vector<media>& all) {
  json::array images;
  const media* audio = nullptr;
  for (const auto& m : all)
    if (!m.content_type.starts_with("audio/"))
      images.push_back(json::object{{"type", "image_url"}, {"image_url", json::object{{"url", place_of(m)}}}});
    else
      audio = &m;
  if (audio && !audio->bytes.empty())
    message.raw("audio", "{\"data\":" + quoted(encode_base64(audio->bytes)) + "}");
  else if (audio)
    message.raw("audio", "{\"url\":" + quoted(place_of(*audio)) + "}");
  if (!images.empty())
    message.raw("images", codec::to_text(images));
}

void append_message(std::string& out, const choice& c) {
  object_writer message(out);
  message.text("role", "assistant");
  if (c.text.empty() && (!c.tool_calls.empty() || !c.refusal.empty()))
    message.null("content");
  else
    message.text("content", c.text);
  if (c.refusal.empty())
    message.null("refusal");
  else
    message.text("refusal", c.refusal);
  message.text_if("reasoning_content", c.reasoning);
  json::array blocks;
  for (const auto& b : c.reasoning_blocks) {
    error_code ec;
    if (auto v = codec::parse_json(b, ec); !ec)
      blocks.push_back(std::move(v));
  }
  if (!blocks.empty())
    message.raw("reasoning_details", codec::to_text(blocks));
  json::array calls;
  for (const auto& call : c.tool_calls)
    calls.push_back(json::object{{"id", call.id},
                                 {"type", "function"},
                                 {"function", json::object{{"name", call.name}, {"arguments", call.arguments}}}});
  if (!calls.empty())
    message.raw("tool_calls", codec::to_text(calls));
  if (!c.media.empty())
    add_media(message, c.media);
  message.close();
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

void append_sequence(std::string& out, const generated_sequence& s, std::size_t index, const failure& why) {
  object_writer o(out);
  o.number("index", index);
  o.text("text", s.text);
  o.null("logprobs");
  append_finish_reason(o.member("finish_reason"), s.finish_reason, false, why);
  o.close();
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
  std::string body;
  body.reserve(usual_body + c.text().size());
  object_writer o(body);
  add_head(o, "chat.completion", c.info.id, c.info.created, c.info.model, d);
  o.raw("choices", "[");
  for (const auto& one : c.choices) {
    if (&one != c.choices.data())
      body += ',';
    object_writer each(body);
    each.number("index", one.index);
    append_message(each.member("message"), one);
    each.raw("logprobs", logprobs_text(one.logprobs));
    append_finish_reason(each.member("finish_reason"), one.finish_reason, !one.tool_calls.empty(), c.failure);
    each.close();
  }
  body += ']';
  append_usage(o.member("usage"), c.usage);
  o.text_if("service_tier", c.info.service_tier);
  o.text_if("system_fingerprint", c.info.system_fingerprint);
  o.close();
  return body;
}

std::string answer_body(const generation& g, const body_defaults& d) {
  if (g.failure && g.sequence.text.empty() && g.best_of.empty())
    return {};
  std::string body;
  object_writer o(body);
  add_head(o, "text_completion", {}, 0, {}, d);
  o.raw("choices", "[");
  append_sequence(body, g.sequence, 0, g.failure);
  for (std::size_t i = 0; i != g.best_of.size(); ++i) {
    body += ',';
    append_sequence(body, g.best_of[i], i + 1, g.failure);
  }
  body += ']';
  append_usage(o.member("usage"), g.usage);
  if (auto details = details_object(g); !details.empty()) {
    details.stable_erase("type");
    o.raw("details", codec::to_text(details));
  }
  o.close();
  return body;
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
  std::string body;
  object_writer o(body);
  o.text("object", "list");
  o.raw("data", codec::to_text(data));
  o.text("model", d.model);
  append_usage(o.member("usage"), e.usage);
  o.close();
  return body;
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
