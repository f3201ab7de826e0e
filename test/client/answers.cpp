#include "client/answers.hpp"

namespace weir::inline v0::test {

std::string chunk(std::string_view data) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string size;
  for (auto n = data.size(); n != 0; n /= 16)
    size.insert(size.begin(), digits[n % 16]);
  return size + "\r\n" + std::string(data) + "\r\n";
}

std::string sse(std::string_view data) { return "data: " + std::string(data) + "\n\n"; }

std::vector<std::string> chat_events(const std::vector<std::string>& tokens, std::string_view finish) {
  const std::string head = R"({"id":"chat-1","object":"chat.completion.chunk","created":7,"model":"m-1",)";
  const auto piece = [&](const std::string& delta, const std::string& reason) {
    return sse(head + R"("choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" + reason + "}]}");
  };
  std::vector<std::string> events;
  events.push_back(piece(R"({"role":"assistant","content":""})", "null"));
  for (const auto& t : tokens)
    events.push_back(piece(R"({"content":")" + t + "\"}", "null"));
  events.push_back(piece("{}", '"' + std::string(finish) + '"'));
  events.push_back(sse(head + R"("choices":[],"usage":{"prompt_tokens":3,"completion_tokens":)" +
                       std::to_string(tokens.size()) + R"(,"total_tokens":9}})"));
  events.push_back(sse("[DONE]"));
  return events;
}

std::vector<std::string> completions_events(const std::vector<std::string>& tokens) {
  const std::string head = R"({"id":"cmpl-1","object":"text_completion","created":7,"model":"m-1",)";
  std::vector<std::string> events;
  for (std::size_t i = 0; i != tokens.size(); ++i)
    events.push_back(sse(head + R"("choices":[{"index":0,"text":")" + tokens[i] + R"(","finish_reason":)" +
                         (i + 1 == tokens.size() ? R"("stop")" : "null") + "}]}"));
  events.push_back(sse("[DONE]"));
  return events;
}

std::vector<std::string> tgi_events(const std::vector<std::string>& tokens) {
  std::vector<std::string> events;
  std::string all;
  for (std::size_t i = 0; i != tokens.size(); ++i) {
    all += tokens[i];
    const bool last = i + 1 == tokens.size();
    const std::string end = last ? R"("generated_text":")" + all +
                                       R"(","details":{"finish_reason":"eos_token","generated_tokens":)" +
                                       std::to_string(tokens.size()) + R"(,"seed":null}})"
                                 : std::string(R"("generated_text":null,"details":null})");
    events.push_back("data:" +
                     (R"({"index":)" + std::to_string(i + 1) + R"(,"token":{"id":5,"text":")" + tokens[i] +
                      R"(","logprob":-0.5,"special":false},)" + end) +
                     "\n\n");
  }
  return events;
}

std::string streamed(const std::vector<std::string>& events) {
  std::string all = stream_head;
  for (const auto& e : events)
    all += chunk(e);
  return all + last_chunk;
}

std::string answer(int status, std::string_view type, std::string_view body, std::string_view headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Words\r\ncontent-type: " + std::string(type) +
         "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" +
         std::string(body);
}

std::string chat_json(std::string_view text, std::string_view finish, std::string_view usage) {
  return R"({"id":"chat-1","object":"chat.completion","created":7,"model":"m-1","choices":[{"index":0,"message":)"
         R"({"role":"assistant","content":")" +
         std::string(text) + R"("},"finish_reason":")" + std::string(finish) + "\"}]" + std::string(usage) + "}";
}

} // namespace weir::inline v0::test
