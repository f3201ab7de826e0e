#include "client/dialect_events.hpp"

#include "client/answers.hpp"

namespace weir::inline v0::test {

namespace {

// A piece of text between a prefix and a suffix.
std::vector<std::string> wrapped(const std::vector<std::string>& tokens, const std::string& before,
                                 const std::string& after) {
  std::vector<std::string> all;
  for (const auto& t : tokens)
    all.push_back(before + t + after);
  return all;
}

dialect_stream with_end(std::string id, std::string path, std::vector<std::string> events,
                        const std::vector<std::string>& end) {
  events.insert(events.end(), end.begin(), end.end());
  const auto last = events.size() - 1;
  return dialect_stream(std::move(id), std::move(path), std::move(events), last);
}

} // namespace

std::vector<dialect_stream> dialect_streams(const std::vector<std::string>& tokens) {
  std::vector<dialect_stream> all;
  all.push_back(with_end(
      "anthropic", "/v1/messages",
      wrapped(tokens,
              "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"",
              "\"}}\n\n"),
      {sse(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}})"),
       "event: message_stop\n" + sse(R"({"type":"message_stop"})")}));
  --all.back().last; // the finish reason completes the answer
  all.push_back(with_end(
      "openai-responses", "/v1/responses",
      wrapped(tokens, "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"", "\"}\n\n"),
      {sse(R"({"type":"response.completed","response":{"status":"completed","output":[]}})")}));
  all.push_back(
      with_end("gemini", "/v1beta/models/m:streamGenerateContent?alt=sse",
               wrapped(tokens, "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"", "\"}]}}]}\r\n\r\n"),
               {sse(R"({"candidates":[{"finishReason":"STOP"}]})")}));
  all.push_back(
      with_end("cohere-v2", "/v2/chat",
               wrapped(tokens, "data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"",
                       "\"}}}}\n\n"),
               {sse(R"({"type":"message-end","delta":{"finish_reason":"COMPLETE"}})")}));
  all.push_back(with_end("ollama", "/api/chat",
                         wrapped(tokens, "{\"message\":{\"content\":\"", "\"},\"done\":false}\n"),
                         {"{\"done\":true,\"done_reason\":\"stop\",\"eval_count\":3}\n"}));
  return all;
}

} // namespace weir::inline v0::test
