#include "sim/answer/script.hpp"

#include <algorithm>

#include "sim/answer/schema.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::uint64_t reasoning_tokens = 12;

piece give(const scripted& s, std::string& event) {
  event = s.text;
  return s.kind;
}

/// How many tokens a model thinks before it answers.
std::uint64_t thoughts_of(const ask& a, const wanted& w, std::string_view model, const extent& size) {
  const bool reasons = w.may_reason && !a.exactly && model.find("reason") != model.npos;
  return reasons ? std::min(reasoning_tokens, size.tokens) : 0;
}

bool says_anything(const json::value& schema) { return schema.is_object() && !schema.get_object().empty(); }

answer_text text_for(const ask& a, const wanted& w) {
  if (w.as_json && w.schema && says_anything(*w.schema))
    return answer_text::verbatim(codec::to_text(fitting_value(*w.schema, w.prompt)));
  return answer_text(w.prompt, w.as_json ? wording::json : a.foreign ? wording::foreign : wording::plain);
}

std::string arguments_for(const json::value* schema, std::string_view prompt) {
  auto made = schema && says_anything(*schema) ? fitting_value(*schema, prompt) : json::value();
  return codec::to_text(made.is_object() ? std::move(made) : one("text", json::value(beginning(prompt))));
}

} // namespace

piece token_source::next(std::string& event) {
  if (before_ < before.size())
    return give(before[before_++], event);
  if (token_ < tokens_) {
    if (choice_ == 0)
      escaped_ = escaped(text_.token(token_));
    event.assign(prefixes[choice_]).append(escaped_);
    for (const auto& text : again)
      event.append(text).append(escaped_);
    if (!numbering.empty())
      event.append(numbering).append(std::to_string(number++));
    event.append(suffix);
    const auto kind = choice_ == 0 ? piece::token : piece::extra;
    if (++choice_ == prefixes.size()) {
      choice_ = 0;
      ++token_;
    }
    return kind;
  }
  if (after_ < after.size())
    return give(after[after_++], event);
  return piece::end;
}

json::object one(std::string_view key, json::value value) {
  json::object out;
  out[key] = std::move(value);
  return out;
}

std::string text_of(const json::value& message, std::string_view key) {
  if (const auto text = codec::string_at(message, key))
    return std::string(*text);
  std::string out;
  if (const auto* parts = codec::array_at(message, key))
    for (const auto& part : *parts)
      if (const auto text = codec::string_at(part, "text"))
        out.append(out.empty() ? "" : " ").append(*text);
  return out;
}

void wanted::stop_at(const json::value& body, std::string_view key) {
  if (const auto only = codec::string_at(body, key))
    stops.emplace_back(*only);
  if (const auto* list = codec::array_at(body, key))
    for (const auto& each : *list)
      if (each.is_string())
        stops.emplace_back(each.get_string());
}

said::said(const ask& a, const wanted& w)
    : model(codec::string_at(a.body, "model").value_or(a.model)), serial(a.serial), created(a.created),
      text(text_for(a, w)), size(a, w.limit, text.natural_length()), reasoning(thoughts_of(a, w, model, size)),
      prompt_tokens(std::max(count_words(w.prompt), a.cached.prompt) + 3), cached(a.cached) {
  // Thinking tokens count towards the same limit, so fewer are left for the answer.
  if (size.limited)
    size.tokens -= reasoning;
  if (!a.exactly)
    stopped = text.end_at(w.stops, size.tokens, w.keeps_stop);
  if (stopped) {
    size.tokens = text.natural_length();
    size.limited = false;
  }
  if (!w.tool)
    return;
  stopped.reset();
  call.emplace();
  call->id = "call_" + std::to_string(serial);
  call->name = codec::string_at(*w.tool, "name").value_or("tool");
  call->arguments = arguments_for(codec::find(*w.tool, w.schema_key), w.prompt);
  size.tokens = pieces(call->arguments).size();
}

std::unique_ptr<token_source> said::stream() const {
  return std::make_unique<token_source>(text, call ? 0 : size.tokens);
}

std::string typed_event(const json::object& o) {
  std::string out;
  if (const auto* type = o.if_contains("type"))
    out.append("event: ").append(type->as_string()).append("\n");
  return out.append("data: ").append(codec::to_text(o)).append("\n\n");
}

} // namespace weir::inline v0::sim
