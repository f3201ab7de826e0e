#include "testing/fake_response.hpp"

#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

namespace weir::inline v0::testing {

namespace {

enum class form { chat, completion, generation };

std::optional<form> form_of(std::string_view path) {
  if (path.ends_with("/chat/completions"))
    return form::chat;
  if (path.ends_with("/completions"))
    return form::completion;
  if (path == "/" || path.ends_with("/generate") || path.ends_with("/generate_stream"))
    return form::generation;
  return std::nullopt;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    char escape[8];
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string out;
  for (const auto& piece : pieces)
    out += piece;
  return out;
}

/// An answer of a model, as every form of it needs it.
class content {
public:
  content(form f, const std::vector<std::string>& pieces) : f(f), pieces(pieces) {}
  form f;
  const std::vector<std::string>& pieces;
  std::optional<std::string> tool;
  std::string finish, usage, count;

  std::string whole() const {
    const auto text = joined(pieces);
    switch (f) {
    case form::chat: return object("chat.completion", "\"message\":" + message(text), quoted(finish), usage);
    case form::completion: return object("text_completion", "\"text\":" + quoted(text), quoted(finish), usage);
    default:
      return "{\"generated_text\":" + quoted(text) + ",\"details\":" + details(",\"prefill\":[],\"tokens\":[]") + "}";
    }
  }

  /// The events of a stream before its pieces, of one of them, and behind them.
  std::vector<std::string> first() const {
    if (f != form::chat)
      return {};
    return {delta(tool ? "\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0," + call("") + "}]"
                       : "\"role\":\"assistant\",\"content\":\"\"")};
  }
  std::string piece(const std::string& text) const {
    switch (f) {
    case form::chat:
      return delta(tool ? "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":" + quoted(text) + "}}]"
                        : "\"content\":" + quoted(text));
    case form::completion: return object("text_completion", "\"text\":" + quoted(text), "null", "null");
    default: return token(text, "false", "null", "null");
    }
  }
  std::vector<std::string> last() const {
    if (f == form::generation)
      return {token("</s>", "true", quoted(joined(pieces)), details(""))};
    const bool chat = f == form::chat;
    const auto* kind = chat ? "chat.completion.chunk" : "text_completion";
    return {object(kind, chat ? "\"delta\":{}" : "\"text\":\"\"", quoted(finish), "null"),
            head(kind) + "\"choices\":[],\"usage\":" + usage + "}", "[DONE]"};
  }

private:
  static std::string head(std::string_view kind) {
    return "{\"id\":\"test-1\",\"object\":\"" + std::string(kind) + "\",\"created\":0,\"model\":\"test\",";
  }
  static std::string object(std::string_view kind, const std::string& choice, const std::string& finish,
                            const std::string& usage) {
    return head(kind) + "\"choices\":[{\"index\":0," + choice + ",\"finish_reason\":" + finish +
           "}],\"usage\":" + usage + "}";
  }
  std::string delta(const std::string& members) const {
    return object("chat.completion.chunk", "\"delta\":{" + members + "}", "null", "null");
  }
  std::string call(const std::string& arguments) const {
    return R"("id":"call_1","type":"function","function":{"name":)" + quoted(*tool) +
           ",\"arguments\":" + quoted(arguments) + "}";
  }
  std::string message(const std::string& text) const {
    return tool ? R"({"role":"assistant","content":null,"tool_calls":[{)" + call(text) + "}]}"
                : R"({"role":"assistant","content":)" + quoted(text) + "}";
  }
  std::string details(const std::string& more) const {
    return "{\"finish_reason\":" + quoted(finish == "stop" ? "eos_token" : finish) + ",\"generated_tokens\":" + count +
           ",\"seed\":null" + more + "}";
  }
  static std::string token(const std::string& text, const std::string& special, const std::string& all,
                           const std::string& details) {
    return R"({"index":1,"token":{"id":1,"text":)" + quoted(text) + ",\"logprob\":0,\"special\":" + special +
           "},\"generated_text\":" + all + ",\"details\":" + details + "}";
  }
};

std::string chunk(const std::string& data) {
  const auto event = "data: " + data + "\n\n";
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", event.size());
  return size + event + "\r\n";
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

} // namespace

std::string response_bytes::head(const response& r, std::string_view type, const std::string& framing) {
  std::string out = "HTTP/1.1 " + std::to_string(r.status_) + " Test\r\ncontent-type: " + std::string(type) + "\r\n";
  for (const auto& [name, value] : r.headers_)
    out.append(name).append(": ").append(value).append("\r\n");
  return out + framing + "\r\n\r\n";
}

void response_bytes::add_whole(script& to, const response& r, std::string_view type, const std::string& body) {
  const auto bytes = head(r, type, "content-length: " + std::to_string(body.size())) + body;
  if (r.broken_after_)
    to.reply(bytes.substr(0, bytes.size() - (body.size() + 1) / 2)).cut();
  else
    to.reply(bytes);
}

void response_bytes::add_answer(script& to, const response& r, const seen_request& request) {
  const auto f = form_of(std::string_view(request.path).substr(0, request.path.find('?')));
  const bool call = r.what_ == response::kind::call;
  if (!f || (call && f != form::chat)) {
    const auto why = std::string(call ? "tool_call()" : "answer()") + " is no response to " + request.method + " " +
                     request.path + ": use raw_response()";
    add(to, refusal(400, "weir::testing: " + why), request);
    return;
  }
  content c(*f, r.pieces_);
  if (call)
    c.tool = r.name_;
  c.finish = !r.finish_reason_.empty() ? r.finish_reason_ : call ? "tool_calls" : "stop";
  const auto tokens = r.completion_tokens_.value_or(r.pieces_.size());
  c.count = std::to_string(tokens);
  c.usage = "{\"prompt_tokens\":" + std::to_string(r.prompt_tokens_) + ",\"completion_tokens\":" + c.count +
            ",\"total_tokens\":" + std::to_string(r.prompt_tokens_ + tokens) + "}";
  if (request.header("accept") != "text/event-stream") {
    add_whole(to, r, "application/json", c.whole());
    return;
  }
  to.reply(head(r, "text/event-stream", "transfer-encoding: chunked"));
  for (const auto& event : c.first())
    to.reply(chunk(event));
  for (std::size_t i = 0; i < r.pieces_.size(); ++i) {
    if (i == r.broken_after_) {
      to.cut();
      return;
    }
    if (i != 0 && r.gap_ != duration())
      to.pause(r.gap_);
    to.reply(chunk(c.piece(r.pieces_[i])));
  }
  if (r.broken_after_) {
    to.cut();
    return;
  }
  for (const auto& event : c.last())
    to.reply(chunk(event));
  to.reply("0\r\n\r\n");
}

void response_bytes::add(script& to, const response& r, const seen_request& request) {
  if (r.after_ != duration())
    to.pause(r.after_);
  switch (r.what_) {
  case response::kind::text:
  case response::kind::call: add_answer(to, r, request); return;
  case response::kind::refused:
    add_whole(to, r, "application/json",
              "{\"error\":{\"message\":" + quoted(joined(r.pieces_)) + ",\"type\":\"test\",\"code\":null}}");
    return;
  case response::kind::raw: add_whole(to, r, r.name_, joined(r.pieces_)); return;
  case response::kind::broken: to.cut(); return;
  case response::kind::silent: to.stall(); return;
  }
}

std::size_t parse_request(std::string_view bytes, seen_request& out) {
  static constexpr std::string_view line_end = "\r\n";
  const auto head_end = bytes.find("\r\n\r\n");
  if (head_end == bytes.npos)
    return 0;
  auto head = bytes.substr(0, head_end + line_end.size());
  const auto next_line = [&head] {
    const auto line = head.substr(0, head.find(line_end));
    head.remove_prefix(line.size() + line_end.size());
    return line;
  };
  const auto first = next_line();
  const auto space = std::min(first.find(' '), first.size());
  out.method = std::string(first.substr(0, space));
  const auto target = first.substr(std::min(space + 1, first.size()));
  out.path = std::string(target.substr(0, target.find(' ')));
  while (!head.empty()) {
    const auto line = next_line();
    const auto colon = std::min(line.find(':'), line.size());
    std::string name(line.substr(0, colon));
    for (auto& c : name)
      c = lower(c);
    const auto value = line.substr(std::min(colon + 1, line.size()));
    out.headers.emplace_back(std::move(name), value.substr(std::min(value.find_first_not_of(' '), value.size())));
  }
  std::size_t length = 0;
  const auto text = out.header("content-length");
  std::from_chars(text.data(), text.data() + text.size(), length);
  const auto rest = bytes.substr(head_end + 4);
  if (rest.size() < length)
    return 0;
  out.body = std::string(rest.substr(0, length));
  return head_end + 4 + length;
}

} // namespace weir::inline v0::testing
