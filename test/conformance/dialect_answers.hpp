// Recorded responses of dialects other than OpenAI's: their content is extracted by hand, independently of the
// decoders.
#pragma once

#include <weir/task/completion.hpp>

#include "lines.hpp"
#include "provider/dialect.hpp"

namespace conformance {

using namespace weir;

inline const json::value& member(const json::value& v, std::string_view key) {
  static const json::value none = json::object();
  const auto* found = codec::find(v, key);
  return found ? *found : none;
}

inline std::string texts_of(const json::value& message) {
  std::string all;
  if (const auto* parts = codec::array_at(message, "content"))
    for (const auto& p : *parts)
      all += text_at(p, "text");
  return all;
}

// Which of the dialects with a response format of its own a URL speaks; empty for the others.
inline std::string_view dialect_of(std::string_view path) {
  if (path.ends_with("/v1/responses"))
    return "openai-responses";
  if (path.ends_with(":generateContent"))
    return "gemini";
  return path.ends_with("/v2/chat") ? "cohere-v2" : "";
}

// The content of such a response.
class plain_answer {
public:
  plain_answer() = default;
  std::string text, finish_reason;
  std::vector<tool_call> calls;
  std::optional<std::uint64_t> prompt, completion;
};

inline plain_answer read_responses(const json::value& v) {
  plain_answer a;
  a.finish_reason = text_at(v, "status");
  for (const auto& item : *codec::array_at(v, "output")) {
    if (text_at(item, "type") == "function_call")
      a.calls.emplace_back(text_at(item, "call_id"), text_at(item, "name"), text_at(item, "arguments"));
    if (text_at(item, "type") == "message")
      a.text += texts_of(item);
  }
  a.prompt = codec::uint_at(member(v, "usage"), "input_tokens");
  a.completion = codec::uint_at(member(v, "usage"), "output_tokens");
  return a;
}

inline plain_answer read_gemini(const json::value& v) {
  plain_answer a;
  const auto& candidate = codec::array_at(v, "candidates")->front();
  a.finish_reason = text_at(candidate, "finishReason");
  for (const auto& part : *codec::array_at(member(candidate, "content"), "parts")) {
    a.text += text_at(part, "text");
    const auto& call = member(part, "functionCall");
    if (!text_at(call, "name").empty())
      a.calls.emplace_back("call_" + std::to_string(a.calls.size()), text_at(call, "name"),
                           codec::to_text(member(call, "args")));
  }
  a.prompt = codec::uint_at(member(v, "usageMetadata"), "promptTokenCount");
  a.completion = codec::uint_at(member(v, "usageMetadata"), "candidatesTokenCount");
  return a;
}

inline plain_answer read_cohere(const json::value& v) {
  plain_answer a;
  a.finish_reason = text_at(v, "finish_reason");
  a.text = texts_of(member(v, "message"));
  if (const auto* calls = codec::array_at(member(v, "message"), "tool_calls"))
    for (const auto& c : *calls)
      a.calls.emplace_back(text_at(c, "id"), text_at(member(c, "function"), "name"),
                           text_at(member(c, "function"), "arguments"));
  a.prompt = codec::uint_at(member(member(v, "usage"), "tokens"), "input_tokens");
  a.completion = codec::uint_at(member(member(v, "usage"), "tokens"), "output_tokens");
  return a;
}

inline std::string compare_dialect(std::string_view id, const json::value& body, const std::string& text) {
  provider::route route;
  route.provider = id;
  const auto got = provider::decode_chat(route, text);
  if (got.failure)
    return "failure: " + got.failure.describe();
  const auto wanted = id == "gemini" ? read_gemini(body) : id == "cohere-v2" ? read_cohere(body) : read_responses(body);
  if (got.text() != wanted.text)
    return "text \"" + got.text() + "\"";
  if (got.tool_calls() != wanted.calls)
    return std::to_string(got.tool_calls().size()) + " tool calls";
  if (got.finish_reason() != wanted.finish_reason)
    return "finish_reason " + got.finish_reason();
  if (got.usage.prompt_tokens != wanted.prompt || got.usage.completion_tokens != wanted.completion)
    return "usage";
  return got.outcome == outcome::complete ? std::string() : "outcome " + std::string(name_of(got.outcome));
}

} // namespace conformance
