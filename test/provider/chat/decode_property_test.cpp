// Random answers, written in the forms of random servers, must be read as they were.
#include <doctest/doctest.h>

#include <random>

#include "codec/json/json.hpp"
#include "provider/transcript.hpp"

using namespace weir;

namespace {

namespace json = codec::json;

class author {
public:
  explicit author(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  bool chance(int percent) { return static_cast<int>(below(100)) < percent; }

  std::string word() {
    static constexpr std::string_view parts[] = {"a", " ",  "tide", "\n",     "\"",    "\\",
                                                 "é", "🌊", "{",    "[DONE]", "data:", "\r"};
    std::string w;
    for (auto n = below(4); n-- > 0;)
      w += parts[below(std::size(parts))];
    return w;
  }

private:
  std::mt19937_64 random_;
};

class script {
public:
  script() = default;
  std::vector<choice> choices;
  std::string body;
};

// A piece that begins with the whole text so far looks like a server that repeats itself: other tests cover that.
std::string not_again(std::string piece, const std::string& said) {
  return !said.empty() && piece.starts_with(said) ? "~" + piece : piece;
}

// Interleaves the pieces of several choices and calls; with or without indexes, ids, marks and spaces.
script write(std::uint64_t seed) {
  author a(seed);
  script s;
  s.choices.resize(1 + a.below(3));
  const bool object_arguments = a.chance(10);
  const bool repeats_id = a.chance(30);
  const std::string colon = a.chance(50) ? "data: " : "data:";
  const std::string end = a.chance(30) ? "\r\n" : "\n";
  const auto give = [&](const json::object& choice) {
    if (a.chance(10))
      s.body += ": ping" + end + end;
    s.body += colon + codec::to_text(json::object{{"choices", json::array{choice}}}) + end + end;
  };
  for (std::size_t i = 0; i < s.choices.size(); ++i)
    s.choices[i].index = static_cast<std::uint32_t>(i);
  for (auto n = 1 + a.below(40); n-- > 0;) {
    auto& c = s.choices[a.below(s.choices.size())];
    json::object delta;
    auto text = a.word();
    switch (a.below(5)) {
    case 0:
      text = not_again(text, c.reasoning);
      delta["reasoning_content"] = text;
      c.reasoning += text;
      break;
    case 1:
      text = not_again(text, c.text);
      delta["content"] = json::array{json::object{{"type", "text"}, {"text", text}}};
      c.text += text;
      break;
    case 2: {
      const bool fresh = c.tool_calls.empty() || a.chance(30);
      if (fresh)
        c.tool_calls.emplace_back("id" + std::to_string(c.tool_calls.size()), "f", "");
      const auto at = fresh ? c.tool_calls.size() - 1 : a.below(c.tool_calls.size());
      auto& call = c.tool_calls[at];
      text = not_again(text, call.arguments);
      json::object function;
      if (fresh)
        function["name"] = call.name;
      if (fresh && object_arguments) {
        function["arguments"] = json::object{{"k", text}};
        call.arguments += codec::to_text(function["arguments"]);
      } else {
        function["arguments"] = text;
        call.arguments += text;
      }
      json::object piece{{"index", at}, {"function", function}};
      if (fresh || repeats_id)
        piece["id"] = call.id;
      delta["tool_calls"] = json::array{piece};
      break;
    }
    default:
      text = not_again(text, c.text);
      delta["content"] = text;
      c.text += text;
    }
    give(json::object{{"index", c.index}, {"delta", delta}, {"finish_reason", nullptr}});
  }
  for (auto& c : s.choices) {
    c.finish_reason = a.chance(80) ? "stop" : "length";
    give(json::object{{"index", c.index}, {"delta", json::object()}, {"finish_reason", c.finish_reason}});
  }
  if (a.chance(70))
    s.body += colon + "[DONE]" + end + end;
  return s;
}

bool same(const choice& a, const choice& b) {
  return a.index == b.index && a.text == b.text && a.reasoning == b.reasoning && a.tool_calls == b.tool_calls &&
         a.finish_reason == b.finish_reason;
}

} // namespace

TEST_CASE("random answers are read as they were written") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const auto s = write(seed);
    const auto r = transcripts::chat_body(s.body, s.choices.size());
    INFO("replay: write(" << seed << ")\n" << s.body);
    REQUIRE_FALSE(r.answer.failure.failed());
    REQUIRE(r.answer.choices.size() == s.choices.size());
    for (std::size_t i = 0; i < s.choices.size(); ++i)
      REQUIRE(same(r.answer.choices[i], s.choices[i]));
    REQUIRE((r.answer.outcome == outcome::complete || r.answer.outcome == outcome::length));
  }
}

TEST_CASE("a stream that is cut anywhere before its end is never a success") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto s = write(seed);
    const auto whole = transcripts::chat_body(s.body);
    const auto last_piece = s.body.rfind("\"finish_reason\":\"");
    author a(seed);
    for (int i = 0; i < 20; ++i) {
      const auto cut = a.below(last_piece);
      const auto r = transcripts::chat_body(s.body.substr(0, cut), s.choices.size());
      INFO("replay: write(" << seed << ") cut at " << cut);
      REQUIRE(r.answer.outcome == outcome::truncated);
      REQUIRE(whole.answer.text().starts_with(r.answer.text()));
    }
  }
}

TEST_CASE("random damage never crashes, hangs, or reports success and failure at once") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    auto s = write(seed);
    author a(seed * 7919);
    for (auto n = 1 + a.below(6); n-- > 0;)
      s.body[a.below(s.body.size())] = static_cast<char>(a.below(256));
    const auto r = transcripts::chat_body(s.body);
    INFO("replay: write(" << seed << ") damaged");
    if (r.answer.failure.failed())
      REQUIRE((r.answer.outcome == outcome::truncated || r.answer.outcome == outcome::in_band_error));
  }
}
