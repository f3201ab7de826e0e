// Bars of reliability (docs/reliability.md) that only the whole client can meet: R3 and R4.
#include "client/support.hpp"

#include <cstdlib>

#include <weir/core/random.hpp>

using namespace weir;
using namespace weir::test;

namespace {

options whole_stack() {
  auto o = bench::plain().model("m");
  o.breaker(breaker().enabled(false)).retry(retry().quota_capacity(1'000'000));
  return o;
}

const std::vector<std::string> tokens = {"The ", "quick ", "fox"};

/// A stream of one of the protocols, as the same three tokens.
class family {
public:
  family(std::string name, std::string url, std::vector<std::string> events, std::size_t before_first_token)
      : name(std::move(name)), url(std::move(url)), response(streamed(events)) {
    first_token = stream_head.size() - 2;
    for (std::size_t i = 0; i <= before_first_token; ++i)
      first_token += chunk(events[i]).size();
  }
  std::string name, url, response;
  std::size_t first_token; // bytes up to its end
};

asio::awaitable<void> ask(bench& b, const family& f, seen& s) {
  if (f.name == "chat")
    co_await b.read(s);
  else
    co_await b.read(s, text_generation("m").prompt("hi"));
}

void cut_at(const family& f, std::size_t n, bool orderly) {
  CAPTURE(f.name);
  CAPTURE(n);
  CAPTURE(orderly);
  bench b{bench::with_policies(whole_stack().base_url(f.url))};
  auto peer = script().expect("POST ").reply(f.response.substr(0, n));
  b.net->add(orderly ? peer.close() : peer.cut());
  b.net->otherwise(script().expect("POST ").reply(f.response).stall());
  seen s;
  CHECK(b.run([&]() -> asio::awaitable<void> { co_await ask(b, f, s); }));
  const std::string all = "The quick fox";
  CHECK(b.net->attempts() == (n < f.first_token ? 2 : 1));
  CHECK_FALSE(s.text.empty());
  CHECK(all.compare(0, s.text.size(), s.text) == 0);
  if (n < f.first_token)
    CHECK(s.text == all);
  if (s.code) {
    CHECK(s.outcome == outcome::truncated);
    CHECK(s.what.find("after ") != std::string::npos);
  } else {
    CHECK(s.text == all);
  }
  b.check_clean();
}

/// Connections that carry a few calls and then die, idle or under a request.
class fickle final : public net::connector {
public:
  explicit fickle(std::uint64_t seed) : random_(seed) {}

  asio::awaitable<net::stream_ptr> connect(net::origin, net::connect_times&) override {
    const auto ex = co_await asio::this_coro::executor;
    script s;
    const auto calls = 1 + random_.below(6);
    for (std::uint64_t i = 0; i != calls; ++i)
      s.expect("POST ").expect("\"messages\"").reply(answer_);
    switch (random_.below(4)) {
    case 0: s.close(); break;                                                                             // at once
    case 1: s.pause(duration(1 + static_cast<duration::rep>(random_.below(400'000'000)))).close(); break; // while idle
    case 2: s.expect("P").close(); break; // under the request's first byte
    default:
      s.expect("POST ").expect("\"messages\"").cut();
      ++swallowed_;
      break; // under the complete request
    }
    auto record = std::make_shared<testing::recording>();
    records_.push_back(record);
    co_return testing::play(ex, std::move(s), std::move(record));
  }

  /// How many requests were read completely, answered or not.
  std::size_t worked_on() {
    for (; counted_ < records_.size(); ++counted_) {
      const auto& sent = records_[counted_]->sent;
      for (auto at = sent.find("\"messages\""); at != std::string::npos; at = sent.find("\"messages\"", at + 1))
        ++worked_on_;
      records_[counted_].reset();
    }
    return worked_on_;
  }

private:
  random_source random_;
  std::string answer_ = streamed(chat_events({"x"}));
  std::vector<std::shared_ptr<testing::recording>> records_;
  std::size_t counted_ = 0, worked_on_ = 0, swallowed_ = 0;
};

} // namespace

TEST_CASE("R3: cut at every byte, what was delivered is a prefix, and is never requested again") {
  const family families[] = {family("chat", "http://127.0.0.1:8080", chat_events(tokens), 1),
                             family("completions", "http://127.0.0.1:8080/v1", completions_events(tokens), 0),
                             family("tgi", "http://127.0.0.1:8080/", tgi_events(tokens), 0)};
  for (const auto& f : families)
    for (std::size_t n = 0; n < f.response.size(); ++n)
      for (const bool orderly : {false, true})
        cut_at(f, n, orderly);
}

TEST_CASE("R4: connections that die while idle or under a request are never the caller's business") {
  const std::size_t calls = std::getenv("WEIR_LONG") ? 100'000 : 5'000;
  const auto* given = std::getenv("WEIR_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : 1;
  CAPTURE(seed);
  asio::io_context io(1);
  testing::manual_time::install(io);
  const auto net = std::make_shared<fickle>(seed);
  random_source random(seed + 1);
  std::size_t billed = 0, failed = 0, complete = 0;
  auto o = bare(bench::plain().model("m")).connector(net);
  // The transport's own replacement, and one retry for a replacement that dies too.
  o.retry(retry().attempts(2).quota_capacity(1'000'000));
  o.observe(on_attempt([&](const call_record&, const attempt& a) { billed += a.maybe_billed; }));
  client c(o);
  auto body = [&]() -> asio::awaitable<void> {
    for (std::size_t i = 0; i != calls; ++i) {
      co_await sleep_for(duration(static_cast<duration::rep>(random.below(300'000'000))));
      try {
        const auto answer = co_await collect(co_await c.stream(weir::chat().user("hi")));
        complete += answer.text() == "x" && answer.outcome == outcome::complete;
      } catch (const error&) {
        ++failed;
      }
    }
    c.close();
  };
  asio::co_spawn(executor(scope::root(io.get_executor())), body(), [](std::exception_ptr e) { CHECK_FALSE(e); });
  testing::run(io);
  CHECK(failed == 0);
  CHECK(complete == calls);
  CHECK(net->worked_on() - calls <= billed);
  MESSAGE(calls << " calls, " << net->worked_on() - calls << " requests worked on twice, " << billed
                << " attempts flagged maybe_billed");
}
