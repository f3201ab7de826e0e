#include "guard/answers.hpp"

#include "client/answers.hpp"

namespace weir::inline v0::test {

namespace {

constexpr std::string_view words[] = {"the", " stream", " is", " regulated", " by", " a", " weir", ","};

std::string head(std::string_view id) {
  return R"({"id":"chatcmpl-)" + std::string(id) +
         R"(","object":"chat.completion.chunk","created":1760000000,"model":"gpt-5-mini-2025-08-07",)"
         R"("service_tier":"default","system_fingerprint":"fp_560af6e559","choices":)";
}

std::string choice(const std::string& delta, std::string_view logprobs = "null") {
  return R"([{"index":0,"delta":)" + delta + R"(,"logprobs":)" + std::string(logprobs) + R"(,"finish_reason":null}])";
}

std::string likely(std::string_view token, std::string_view top) {
  return R"({"token":")" + std::string(token) + R"(","logprob":-0.31725305,"bytes":[32,119,101,105,114])" +
         std::string(top) + "}";
}

std::string token(variant v, std::size_t i) {
  const std::string word(words[i % std::size(words)]);
  const std::string content = R"({"content":")" + word + "\"}";
  switch (v) {
  case variant::plain: return sse(head("CRq1aHmkbvrLBYkZTZYhSrgtLlGQ5") + choice(content) + R"(,"usage":null})");
  case variant::obfuscated:
    return sse(head("CRq1aHmkbvrLBYkZTZYh" + std::to_string(100000 + i * 7919 % 900000)) + choice(content) +
               R"(,"usage":null,"obfuscation":")" + std::string(1 + i * 5 % 16, 'x') + "\"}");
  case variant::reasoning:
    return sse(head("CRq1aHmkbvrLBYkZTZYhSrgtLlGQ5") + choice(R"({"reasoning_content":")" + word + "\"}") +
               R"(,"usage":null})");
  case variant::logprobs: break;
  }
  const auto alternatives = R"(,"top_logprobs":[)" + likely(word, "") + "," + likely(" other", "") + "]";
  return sse(head("CRq1aHmkbvrLBYkZTZYhSrgtLlGQ5") +
             choice(content, R"({"content":[)" + likely(word, alternatives) + R"(],"refusal":null})") +
             R"(,"usage":null})");
}

std::string ending(std::size_t tokens) {
  const auto n = std::to_string(tokens);
  return sse(head("CRq1aHmkbvrLBYkZTZYhSrgtLlGQ5") +
             R"([{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null})") +
         sse(head("CRq1aHmkbvrLBYkZTZYhSrgtLlGQ5") + R"([],"usage":{"prompt_tokens":9,"completion_tokens":)" + n +
             R"(,"total_tokens":)" + std::to_string(tokens + 9) + "}}") +
         sse("[DONE]");
}

} // namespace

std::vector<std::string> stream_pieces(variant v, std::size_t tokens, std::size_t each) {
  std::vector<std::string> pieces(1, stream_head);
  for (std::size_t i = 0; i < tokens; i += each) {
    std::string events;
    for (auto k = i; k < i + each && k < tokens; ++k)
      events += chunk(token(v, k));
    pieces.push_back(std::move(events));
  }
  pieces.push_back(chunk(ending(tokens)) + last_chunk);
  return pieces;
}

std::string whole_answer(std::string_view connection) {
  std::string text;
  while (text.size() < 700)
    text += words[text.size() % std::size(words)];
  const auto body =
      R"({"id":"chatcmpl-CRq1aHmkbvrLBYkZTZYhSrgtLlGQ5","object":"chat.completion","created":1760000000,)"
      R"("model":"gpt-5-mini-2025-08-07","choices":[{"index":0,"message":{"role":"assistant","content":")" +
      text +
      R"(","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,)"
      R"("completion_tokens":140,"total_tokens":149}})";
  return answer(200, "application/json", body, "connection: " + std::string(connection) + "\r\n");
}

} // namespace weir::inline v0::test
