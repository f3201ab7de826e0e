#include "sim/dialects/script.hpp"

#include <algorithm>

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::uint64_t reasoning_tokens = 12;
constexpr std::size_t arguments_piece = 12;

piece give(const scripted& s, std::string& event) {
  event = s.text;
  return s.kind;
}

wording style_of(const ask& a, bool as_json) {
  return as_json ? wording::json : a.foreign ? wording::foreign : wording::plain;
}

} // namespace

piece token_source::next(std::string& event) {
  if (before_ < before.size())
    return give(before[before_++], event);
  if (token_ < tokens_) {
    if (choice_ == 0)
      escaped_ = escaped(text_.token(token_));
    event.assign(prefixes[choice_]).append(escaped_).append(suffix);
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

std::string arguments_for(const json::value* schema, std::string_view prompt) {
  json::object out;
  const auto* properties = schema ? codec::object_at(*schema, "properties") : nullptr;
  if (!properties)
    return codec::to_text(one("text", json::value(beginning(prompt))));
  for (const auto& [key, property] : *properties) {
    const auto type = codec::string_at(property, "type").value_or("string");
    const auto* choices = codec::array_at(property, "enum");
    if (choices && !choices->empty())
      out[key] = choices->front();
    else if (type == "integer" || type == "number")
      out[key] = 1;
    else if (type == "boolean")
      out[key] = true;
    else if (type == "string")
      out[key] = beginning(prompt);
  }
  return codec::to_text(out);
}

std::vector<std::string> pieces(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    auto end = std::min(at + arguments_piece, text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
      ++end;
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::uint64_t thoughts_of(const ask& a, std::string_view model, const extent& size) {
  const bool reasons = !a.exactly && model.find("reason") != model.npos;
  return reasons ? std::min(reasoning_tokens, size.tokens) : 0;
}

said::said(const ask& a, std::string_view prompt, std::optional<std::uint64_t> limit, bool as_json,
           const json::value* tool, std::string_view schema_key)
    : model(codec::string_at(a.body, "model").value_or(a.model)), serial(a.serial), created(a.created),
      text(prompt, style_of(a, as_json)), size(a, limit, text.natural_length()), reasoning(thoughts_of(a, model, size)),
      prompt_tokens(count_words(prompt) + 3) {
  // Thinking tokens count towards the same limit, so fewer are left for the answer.
  if (size.limited)
    size.tokens -= reasoning;
  if (!tool || prompt.find("tool") == prompt.npos)
    return;
  call.emplace();
  call->id = "call_" + std::to_string(serial);
  call->name = codec::string_at(*tool, "name").value_or("tool");
  call->arguments = arguments_for(codec::find(*tool, schema_key), prompt);
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
