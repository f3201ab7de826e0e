#include "adversary/plan.hpp"

#include <algorithm>
#include <random>

#include "client/answers.hpp"
#include "client/dialect_events.hpp"

namespace weir::inline v0::adversary {

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

constexpr const char* words[] = {
    "weir",     " water", " a",  ", and", " \xc3\xa9t\xc3\xa9", " \xf0\x9f\x8c\x8a", " 1e9",
    " [x]",     " {y}",   "\\n", "\\t",   " \\\"so\\\"",        " \xe6\xb0\xb4",     " data:",
    " \\u00e9", " [DONE]"};

// Decodes the content of a JSON string that uses the escapes above.
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
  std::size_t whole = 0; ///< The answer is complete with this event.
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
    // Gemini and Ollama, Cohere and Anthropic: complete with the event that has the finish reason.
    if (dialect == "anthropic")
      a.whole -= 1;
  }
  return a;
}

// What may appear between two events and has no meaning.
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
  constexpr const char* numbers[] = {
      "1e999", "-1e-999", "18446744073709551616", "999999999999999999999999999999", "-0.0", "00", "NaN"};
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
    default: bytes.insert(at, std::string(1 + d.below(300), d.one_in(2) ? '[' : '{')); story += " nest";
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

// An answer before it is corrupted.
class whole_answer {
public:
  whole_answer(std::string match, std::string head, std::string body, std::size_t whole)
      : match(std::move(match)), head(std::move(head)), body(std::move(body)), whole(whole) {}
  /// Of a response with a content-length.
  whole_answer(std::string match, const std::string& all) : match(std::move(match)) {
    const auto end = all.find("\r\n\r\n") + 4;
    head = all.substr(0, end);
    body = all.substr(end);
    whole = body.size();
  }
  std::string match, head, body;
  std::size_t whole = 0; // This many bytes of the body make it complete.
};

whole_answer stream_of(dice& d, const std::string& dialect, const std::vector<std::string>& tokens,
                       std::string& story) {
  const bool lines = dialect == "ollama";
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
  const auto last = a.events.begin() + static_cast<std::ptrdiff_t>(a.whole) + 1;
  const std::vector<std::string> until(a.events.begin(), last), rest(last, a.events.end());
  auto body = chunked(d, until);
  // The event's end may be missing, and its chunk's.
  const auto whole = body.size() - std::string_view("\r\n\r\n\r\n").size();
  body += chunked(d, rest) + last_chunk;
  return whole_answer("POST", lines ? lines_head : stream_head, std::move(body), whole);
}

std::string json_answer(const std::string& body, const std::string& headers = {}) {
  return answer(200, "application/json", body, headers);
}

// The response with a file: with a length, or in chunks.
whole_answer file_of(dice& d, std::string match, const std::string& type, const std::string& bytes) {
  if (d.one_in(2))
    return whole_answer(std::move(match), answer(200, type, bytes));
  auto body = chunked(d, {bytes}) + last_chunk;
  const auto whole = body.size();
  return whole_answer(std::move(match),
                      "HTTP/1.1 200 OK\r\ncontent-type: " + type + "\r\ntransfer-encoding: chunked\r\n\r\n",
                      std::move(body), whole);
}

std::string model_list(const std::string& mark, std::size_t from, std::size_t to, std::string& truth) {
  std::string body = "[";
  for (auto i = from; i != to; ++i) {
    const auto id = "org/m" + mark + std::to_string(i);
    body += std::string(i == from ? "" : ",") + R"({"id":")" + id + R"(","pipeline_tag":"text-generation"})";
    truth += id + ' ';
  }
  return body + "]";
}

} // namespace

plan::plan(std::uint64_t s, const std::string& url) : seed(s), with(static_cast<layers>(s / 50 % 4)) {
  dice d(s);
  constexpr const char* dialects[] = {
      "openai",    "openai", "openai",     "completions", "tgi",    "anthropic", "gemini", "openai-responses",
      "cohere-v2", "ollama", "embeddings", "image",       "speech", "job",       "job",    "hub"};
  dialect = dialects[d.below(std::size(dialects))];
  const bool chats =
      dialect != "embeddings" && dialect != "image" && dialect != "speech" && dialect != "job" && dialect != "hub";
  streamed = chats && (dialect != "openai" || !d.one_in(3));
  std::vector<std::string> tokens;
  for (auto n = 1 + d.below(24); n != 0; --n)
    tokens.push_back(words[d.below(std::size(words))]);
  if (dialect != "embeddings" && dialect != "hub")
    for (const auto& t : tokens)
      truth += spoken(t);
  story = dialect + (chats && !streamed ? " plain" : "");

  const auto mark = prompt_of(seed);
  std::vector<whole_answer> all;
  if (streamed) {
    all.push_back(stream_of(d, dialect, tokens, story));
  } else if (chats) {
    std::string text;
    for (const auto& t : tokens)
      text += t;
    all.emplace_back("POST", json_answer(chat_json(text)));
  } else if (dialect == "embeddings") {
    std::string vector;
    for (std::size_t i = 0; i != tokens.size(); ++i) {
      const auto number = std::to_string(d.below(100)) + ".25";
      vector += (i == 0 ? "" : ",") + number;
      truth += number + ' ';
    }
    all.emplace_back("POST", json_answer(R"({"data":[{"index":0,"embedding":[)" + vector + "]}]}"));
  } else if (dialect == "speech") {
    all.push_back(file_of(d, "POST", "audio/mpeg", truth));
  } else if (dialect == "image") {
    all.emplace_back("POST", json_answer(R"({"data":[{"url":")" + url + "/picture/" + mark + R"(.png"}]})"));
    all.push_back(file_of(d, "GET /picture/", "image/png", truth));
  } else if (dialect == "job") {
    const auto place = R"("request_id":"7","response_url":"https://queue.fal.run/m/requests/)" + mark + R"("})";
    const bool queued = d.one_in(8);
    all.emplace_back("POST",
                     json_answer(R"({"status":")" + std::string(queued ? "IN_QUEUE" : "COMPLETED") + "\"," + place));
    if (queued)
      all.emplace_back("GET /m/requests/" + mark + "/status", json_answer(R"({"status":"COMPLETED",)" + place));
    all.emplace_back("GET /m/requests/", json_answer(R"({"video":{"url":")" + url + "/video/" + mark + R"(.mp4"}})"));
    all.push_back(file_of(d, "GET /video/", "video/mp4", truth));
  } else {
    const auto models = 1 + d.below(20), first = d.one_in(2) ? d.below(models) : models;
    const auto head = model_list(mark, 0, first, truth), tail = model_list(mark, first, models, truth);
    if (first != models)
      all.emplace_back("GET /api/models/2", json_answer(tail));
    all.emplace_back(
        "GET /api/models",
        json_answer(head, first == models ? "" : "link: <" + url + "/api/models/2/" + mark + ">; rel=\"next\"\r\n"));
  }

  const auto bent = d.below(all.size());
  if (all.size() > 1)
    story += " answer:" + std::to_string(bent);
  for (std::size_t i = 0; i != all.size(); ++i) {
    auto& a = all[i];
    auto& made = steps.emplace_back(a.match);
    if (i == bent && d.one_in(3)) {
      intact = false;
      if (d.one_in(4)) {
        a.head = corrupt(d, a.head, story);
        story += " (head)";
      } else {
        a.body = corrupt(d, a.body, story);
      }
    }
    auto bytes = a.head + a.body;
    made.after = d.one_in(3) ? step::then::close : step::then::keep;
    if (i == bent && d.one_in(3)) {
      const auto at = d.below(bytes.size());
      // A changed answer may be complete earlier, or never.
      cut = intact && at < a.head.size() + a.whole;
      bytes.resize(at);
      made.after = d.one_in(5) ? step::then::hold : d.one_in(2) ? step::then::reset : step::then::close;
      story += " cut:" + std::to_string(at);
    }
    made.slices = slices_of(d, bytes);
  }
  if (dialect == "job") // A job that is cancelled.
    steps.emplace_back("PUT").slices.emplace_back(json_answer("{}"), std::chrono::milliseconds(0));
  hasty = d.one_in(4);

  switch (d.below(10)) {
  case 0: how = chats || dialect == "job" ? ending::drop : ending::none; break;
  case 1: how = ending::within; break;
  case 2: how = ending::sibling; break;
  case 3: how = ending::nested; break;
  default: break;
  }
  drop_after = d.below(tokens.size() + 2);
  limit = std::chrono::milliseconds(d.below(25));
  constexpr const char* endings[] = {"", " dropped", " within", " nested", " sibling"};
  story += endings[static_cast<int>(how)];
}

bool plan::impatient() const {
  bool held = false;
  for (const auto& s : steps)
    held = held || s.after == step::then::hold;
  // Jobs and look-ups retry what was cut, with pauses.
  return held || !intact || (cut && !streamed);
}

std::string prompt_of(std::uint64_t seed) { return "~" + std::to_string(seed) + "~"; }

} // namespace weir::inline v0::adversary
