// The connection ends after any byte: what arrived is delivered, and the outcome is never a success.
#include "client/dialect_events.hpp"
#include "client/support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

const std::vector<std::string> tokens = {"The ", "quick ", "fox"};

class transcript {
public:
  transcript(std::string n, std::string url, std::string_view expect, std::vector<std::string> e, std::size_t last)
      : name(std::move(n)), base_url(std::move(url)), request(expect), response(streamed(e)) {
    // In this dialect the answer is complete with event number `last`.
    whole = stream_head.size();
    for (std::size_t i = 0; i <= last; ++i)
      whole += chunk(e[i]).size();
    whole -= 2;
  }
  explicit transcript(const dialect_stream& d)
      : transcript(d.id, "http://127.0.0.1:8080", "POST " + d.path + " HTTP", d.events, d.last) {
    provider = d.id;
    if (d.id != "ollama")
      return;
    response.replace(0, stream_head.size(), lines_head);
    head = lines_head.size();
    whole += head - stream_head.size();
  }
  std::string name;
  std::string provider = "auto";
  std::size_t head = stream_head.size();
  std::string base_url;
  std::string request;
  std::string response;
  std::size_t whole; // how many bytes it takes
};

std::vector<transcript> transcripts() {
  std::vector<transcript> all;
  auto events = chat_events(tokens);
  all.emplace_back("chat", "http://127.0.0.1:8080", "POST /v1/chat/completions", events, events.size() - 3);
  events = completions_events(tokens);
  all.emplace_back("completions", "http://127.0.0.1:8080/v1", "POST /v1/completions", events, events.size() - 2);
  events = tgi_events(tokens);
  all.emplace_back("tgi", "http://127.0.0.1:8080/", "POST / HTTP", events, events.size() - 1);
  for (const auto& d : dialect_streams(tokens))
    all.emplace_back(d);
  return all;
}

asio::awaitable<void> ask(bench& b, const transcript& t, seen& s) {
  if (t.name == "chat" || t.provider != "auto")
    co_await b.read(s);
  else
    co_await b.read(s, text_generation("m").prompt("hi"));
}

enum class ending { cut, close };

void kill_at(const transcript& t, std::size_t n, ending how, std::size_t slice) {
  CAPTURE(t.name);
  CAPTURE(n);
  CAPTURE(slice);
  CAPTURE(how == ending::cut);
  bench b(options().provider(t.provider).base_url(t.base_url));
  auto peer = script().expect(t.request).slice(slice).reply(t.response.substr(0, n));
  b.net->add(how == ending::cut ? peer.cut() : peer.close());
  seen s;
  CHECK(b.run([&]() -> asio::awaitable<void> { co_await ask(b, t, s); }));

  const std::string all = "The quick fox";
  CHECK(all.compare(0, s.text.size(), s.text) == 0);
  CHECK(b.net->attempts() == 1);
  CHECK(b.client().pool().idle == 0);
  if (n < t.head) {
    CHECK_FALSE(s.opened);
    CHECK(s.code == errc::connection_lost);
  } else if (n < t.whole) {
    CHECK(s.opened);
    CHECK(s.outcome == outcome::truncated);
    CHECK(s.code == errc::truncated);
    CHECK(s.code == condition::truncated);
  } else {
    CHECK(s.outcome == outcome::complete);
    CHECK_FALSE(s.code);
    CHECK(s.text == all);
  }
  b.check_clean();
}

} // namespace

TEST_CASE("a connection that breaks after any byte gives a prefix, complete only after the terminal signal") {
  for (const auto& t : transcripts())
    for (std::size_t n = 0; n < t.response.size(); ++n)
      kill_at(t, n, ending::cut, 0);
}

TEST_CASE("a connection that closes in order after any byte gives a prefix, complete only after the terminal signal") {
  for (const auto& t : transcripts())
    for (std::size_t n = 0; n < t.response.size(); ++n)
      kill_at(t, n, ending::close, 0);
}

TEST_CASE("the same if every read gives one byte") {
  for (const auto& t : transcripts())
    for (std::size_t n = 0; n < t.response.size(); n += 7)
      kill_at(t, n, ending::cut, 1);
}

TEST_CASE("a complete response is complete however it is split, and its connection is used again") {
  for (const auto& t : transcripts())
    for (const std::size_t slice : {1, 2, 3, 7, 16, 61}) {
      CAPTURE(t.name);
      CAPTURE(slice);
      bench b(options().provider(t.provider).base_url(t.base_url));
      b.net->add(script().slice(slice).expect(t.request).reply(t.response).expect(t.request).reply(t.response));
      seen first, second;
      CHECK(b.run([&]() -> asio::awaitable<void> {
        co_await ask(b, t, first);
        CHECK(b.client().pool().idle == 1);
        co_await ask(b, t, second);
      }));
      CHECK(first.text == "The quick fox");
      CHECK(second.text == first.text);
      CHECK(second.outcome == outcome::complete);
      CHECK(b.net->opened() == 1);
      b.check_clean();
    }
}
