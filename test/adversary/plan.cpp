#include "adversary/plan.hpp"

#include <algorithm>
#include <random>

#include "client/answers.hpp"
#include "client/dialect_events.hpp"

namespace weir::adversary {

namespace {

using namespace weir::test;

class dice {
public:
  explicit dice(std::uint64_t seed) : engine_(seed * 0x9e3779b97f4a7c15u + 1) {}
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(engine_() % n); }
  bool one_in(std::size_t n) { return below(n) == 0; }

private:
  std::mt19937_64 engine_;
};

constexpr const char* words[] = {"weir",  " water", " a",   ", and", " \xc3\xa9t\xc3\xa9", " \xf0\x9f\x8c\x8a", " 1e9",
                                 " [x]",  " {y}",   "\\n",  "\\t",   " \\\"so\\\"",       " \xe6\xb0\xb4",     " data:",
                                 " \\u00e9", " [DONE]"};

// A JSON string's content as the text it stands for: of the escapes above.
std::string spoken(const std::string& json) {
  std::string text;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] != '\\') {
      text += json[i];
      continue;
    }
    switch (json[++i]) {
    case 'n': text += '\n'; break;
    case 't': text += '\t'; break;
    case 'u':
      text += "\xc3\xa9";
      i += 4;
      break;
    default: text += json[i];
    }
  }
  return text;
}

class answer_events {
public:
  answer_events() = default;
  std::vector<std::string> events;
  std::size_t whole = 0; ///< With this event the answer is whole.
};

answer_events events_of(const std::string& dialect, const std::vector<std::string>& tokens) {
  answer_events a;
  if (dialect == "openai") {
    a.events = chat_events(tokens);
    a.whole = tokens.size() + 1;
  } else if (dialect == "completions" || dialect == "tgi") {
    a.events = dialect == "tgi" ? tgi_events(tokens) : completions_events(tokens);
    a.whole = tokens.size() - 1;
  } else {
    for (auto& d : dialect_streams(tokens))
      if (d.id == dialect) {
        a.events = std::move(d.events);
        a.whole = d.last;
      }
    // Gemini and Ollama, Cohere and Anthropic: whole with the event that tells why it ended.
    if (dialect == "anthropic")
      a.whole -= 1;
  }
  return a;
}

// What may stand between two events and says nothing.
std::string noise(dice& d, bool lines) {
  if (lines)
    return "\n";
  switch (d.below(5)) {
  case 0: return "\n\n";
  case 1: return "event: ping\ndata: {\"type\": \"ping\"}\n\n";
  case 2: return "id: 7\nretry: 100\n\n";
  default: return ": OPENROUTER PROCESSING\n\n";
  }
}

// Changes bytes of the answer.
std::string corrupt(dice& d, std::string bytes, std::string& story) {
  constexpr const char* numbers[] = {"1e999", "-1e-999", "18446744073709551616", "999999999999999999999999999999", "-0.0",
                                     "00", "NaN"};
  for (auto times = 1 + d.below(4); times != 0 && !bytes.empty(); --times) {
    const auto at = d.below(bytes.size());
    const auto size = std::min(bytes.size() - at, 1 + d.below(80));
    switch (d.below(5)) {
    case 0:
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1u << d.below(8)));
      story += " flip";
      break;
    case 1:
      bytes.erase(at, size);
      story += " erase";
      break;
    case 2:
      bytes.insert(at, bytes.substr(at, size));
      story += " repeat";
      break;
    case 3: {
      const auto digit = std::min(bytes.find_first_of("0123456789", at), bytes.size());
      const auto end = std::min(bytes.find_first_not_of("0123456789", digit), bytes.size());
      bytes.replace(digit, end - digit, numbers[d.below(std::size(numbers))]);
      story += " number";
      break;
    }
    default:
      bytes.insert(at, std::string(1 + d.below(300), d.one_in(2) ? '[' : '{'));
      story += " nest";
    }
  }
  return bytes;
}

std::string chunked(dice& d, const std::vector<std::string>& events) {
  std::string all;
  if (d.one_in(2)) {
    for (const auto& e : events)
      all += chunk(e);
    return all;
  }
  std::string body;
  for (const auto& e : events)
    body += e;
  for (std::size_t at = 0; at < body.size();) {
    const auto size = std::min(body.size() - at, 1 + d.below(d.one_in(3) ? 4 : 400));
    all += chunk(body.substr(at, size));
    at += size;
  }
  return all;
}

std::vector<slice> slices_of(dice& d, const std::string& bytes) {
  std::vector<slice> all;
  const bool drips = d.one_in(4);
  for (std::size_t at = 0; at < bytes.size();) {
    const auto size = std::min(bytes.size() - at, 1 + (drips && all.size() < 200 ? d.below(20) : d.below(4000)));
    all.emplace_back(bytes.substr(at, size), std::chrono::milliseconds(d.one_in(20) ? d.below(6) : 0));
    at += size;
  }
  return all;
}

} // namespace

plan::plan(std::uint64_t s) : seed(s) {
  dice d(s);
  constexpr const char* dialects[] = {"openai",    "openai",     "openai",          "completions", "tgi",
                                      "anthropic", "gemini",     "openai-responses", "cohere-v2",  "ollama"};
  dialect = dialects[d.below(std::size(dialects))];
  streamed = dialect != "openai" || !d.one_in(3);
  std::vector<std::string> tokens;
  for (auto n = 1 + d.below(24); n != 0; --n)
    tokens.push_back(words[d.below(std::size(words))]);
  for (const auto& t : tokens)
    truth += spoken(t);
  story = dialect + (streamed ? "" : " plain");

  const bool lines = dialect == "ollama";
  std::string head, body, tail;
  std::size_t whole_at = 0; // how many bytes of the body make the answer whole
  if (streamed) {
    auto a = events_of(dialect, tokens);
    const auto noises = d.one_in(3) ? 1 + d.below(d.one_in(6) ? 3000 : 8) : 0;
    if (noises != 0)
      story += " noise:" + std::to_string(noises);
    for (std::size_t i = 0; i < noises; ++i) {
      auto& before = a.events[d.below(a.whole + 1)];
      before = noise(d, lines) + before;
    }
    if (!lines && d.one_in(4)) {
      story += " crlf";
      for (auto& e : a.events) {
        std::string other;
        for (const char c : e)
          other += c == '\n' ? std::string("\r\n") : c == '\r' ? std::string() : std::string(1, c);
        e = std::move(other);
      }
    }
    const std::vector<std::string> until(a.events.begin(), a.events.begin() + static_cast<std::ptrdiff_t>(a.whole) + 1);
    const std::vector<std::string> rest(a.events.begin() + static_cast<std::ptrdiff_t>(a.whole) + 1, a.events.end());
    head = lines ? lines_head : stream_head;
    body = chunked(d, until);
    whole_at = body.size();
    body += chunked(d, rest) + last_chunk;
  } else {
    std::string text;
    for (const auto& t : tokens)
      text += t;
    const auto all = answer(200, "application/json", chat_json(text));
    const auto end = all.find("\r\n\r\n") + 4;
    head = all.substr(0, end);
    body = all.substr(end);
    whole_at = body.size();
  }

  if (d.one_in(3)) {
    intact = false;
    if (d.one_in(4)) {
      head = corrupt(d, head, story);
      story += " (head)";
    } else {
      body = corrupt(d, body, story);
    }
  }
  auto bytes = head + body;
  after = d.one_in(3) ? then::close : then::keep;
  if (d.one_in(3)) {
    const auto at = d.below(bytes.size());
    // What was changed may be whole earlier, or never.
    cut = intact && at < head.size() + whole_at;
    bytes.resize(at);
    after = d.one_in(5) ? then::hold : d.one_in(2) ? then::reset : then::close;
    story += " cut:" + std::to_string(at);
  }
  slices = slices_of(d, bytes);

  switch (d.below(8)) {
  case 0: how = ending::drop; break;
  case 1: how = ending::within; break;
  case 2: how = ending::sibling; break;
  default: break;
  }
  drop_after = d.below(tokens.size() + 2);
  limit = std::chrono::milliseconds(d.below(25));
  constexpr const char* endings[] = {"", " dropped", " within", " sibling"};
  story += endings[static_cast<int>(how)];
}

} // namespace weir::adversary
