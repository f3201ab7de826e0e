// The key pool as a layer: suspending and switching keys.
#include <doctest/doctest.h>

#include <set>

#include <weir/core/group.hpp>

#include "policy/select/balance_support.hpp"
#include "policy/select/key_pool.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

namespace {

// A provider with a scripted response for each key.
class keyed_wire final : public handler {
public:
  asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await asio::this_coro::executor;
    if (!c.attempt)
      begin_attempt(c, time_of(ex).now());
    requests.push_back(c.to.key());
    const auto why = answers[c.to.key()];
    if (why) {
      c.attempt->failure = why;
      throw error(why);
    }
    behaviour b;
    b.text("ok").end(in_band ? outcome::in_band_error : outcome::complete, in_band);
    auto source = std::make_shared<played_source>(b, c.attempt, c.reply_scope, std::make_shared<request_seen>());
    source->begin();
    co_return reply(source);
  }
  std::map<std::string, failure> answers;
  std::vector<std::string> requests;
  failure in_band;
};

class pooled {
public:
  explicit pooled(key_pool s)
      : set(std::make_shared<key_pool_set>(s)), top(stack_layers({make_key_pool(s, set)}, wire)) {}

  failure ask(world& w, target to = target("groq/m")) {
    wire->requests.clear();
    last = make_call(w.root->child(), std::move(to));
    failure why;
    w.run([&]() -> asio::awaitable<void> {
      try {
        auto r = co_await begin(top, last);
        co_await collect(std::move(r));
      } catch (const error& e) {
        why = e.failure();
      }
    });
    return why;
  }

  std::shared_ptr<key_pool_set> set;
  std::shared_ptr<keyed_wire> wire = std::make_shared<keyed_wire>();
  handler_ptr top;
  std::shared_ptr<call> last;
};

using names = std::vector<std::string>;

key_pool abc() { return key_pool().keys("groq", {"a", "b", "c"}); }

} // namespace

TEST_CASE("calls take the keys of their provider in turn, and other providers none") {
  world w;
  pooled p(abc());
  CHECK_FALSE(p.ask(w));
  CHECK(p.wire->requests == names{"a"});
  CHECK(p.last->attempt->key == "a");
  p.ask(w);
  CHECK(p.wire->requests == names{"b"});
  p.ask(w, target("openai/gpt"));
  CHECK(p.wire->requests == names{""});
  p.ask(w, target("groq/m").key("own"));
  CHECK(p.wire->requests == names{"own"});
}

TEST_CASE("a throttled key gives way to the next one at once, and is suspended for as long as the provider says") {
  world w;
  pooled p(abc());
  p.wire->answers["a"] = failure(errc::rate_limited, "slow down").retry_after(30s);
  const auto begun = w.now();
  CHECK_FALSE(p.ask(w));
  CHECK(w.now() == begun);
  CHECK(p.wire->requests == names{"a", "b"});
  REQUIRE(p.last->record->attempts.size() == 2);
  CHECK(p.last->record->attempts[0]->key == "a");
  CHECK(p.last->record->attempts[1]->key == "b");
  CHECK(p.last->attempt == p.last->record->attempts[1]);
  for (int i = 0; i < 4; ++i) {
    p.ask(w);
    CHECK(p.wire->requests.front() != "a");
  }
  p.wire->answers.clear();
  w.run([]() -> asio::awaitable<void> { co_await sleep_for(30s); });
  std::set<std::string> used;
  for (int i = 0; i < 3; ++i) {
    p.ask(w);
    used.insert(p.wire->requests.begin(), p.wire->requests.end());
  }
  CHECK(used == std::set<std::string>{"a", "b", "c"});
}

TEST_CASE("a key that is not accepted or out of quota is suspended for ten minutes and reported so") {
  world w;
  pooled p(abc());
  p.wire->answers["a"] = failure(errc::unauthorized, "no such key");
  p.wire->answers["b"] = failure(errc::quota_exhausted, "no credit");
  CHECK_FALSE(p.ask(w));
  CHECK(p.wire->requests == names{"a", "b", "c"});
  const auto s = p.set->inspect(w.now());
  REQUIRE(s.size() == 3);
  CHECK_FALSE(s[0].usable);
  CHECK(s[0].why == errc::unauthorized);
  CHECK(s[0].rest == 10min);
  CHECK(s[1].why == errc::quota_exhausted);
  CHECK(s[2].usable);
}

TEST_CASE("when every key is suspended the call fails with the smallest wait, each key called at most once") {
  world w;
  pooled p(abc());
  p.wire->answers["a"] = failure(errc::rate_limited, "a").retry_after(30s);
  p.wire->answers["b"] = failure(errc::rate_limited, "b").retry_after(7s);
  p.wire->answers["c"] = failure(errc::unauthorized, "c");
  const auto why = p.ask(w);
  CHECK(p.wire->requests == names{"a", "b", "c"});
  CHECK(why.code() == errc::rate_limited);
  CHECK(why.retry_after() == std::optional<duration>(7s));
  // All are known to be suspended now: nothing is sent.
  w.run([]() -> asio::awaitable<void> { co_await sleep_for(2s); });
  const auto again = p.ask(w);
  CHECK(p.wire->requests.empty());
  CHECK(again.code() == errc::rate_limited);
  CHECK(again.retry_after() == std::optional<duration>(5s));
}

TEST_CASE("when every key has used up its quota the call fails with that, and without a retry-after") {
  world w;
  pooled p(key_pool().keys("groq", {"a"}));
  p.wire->answers["a"] = failure(errc::quota_exhausted, "no credit");
  CHECK(p.ask(w).code() == errc::quota_exhausted);
  const auto why = p.ask(w);
  CHECK(why.code() == errc::quota_exhausted);
  CHECK_FALSE(why.retry_after());
}

TEST_CASE("a key that may not use one model stays in use for others") {
  world w;
  pooled p(key_pool().keys("groq", {"a", "b"}));
  p.wire->answers["a"] = p.wire->answers["b"] = failure(errc::forbidden, "gated");
  CHECK(p.ask(w, target("groq/gated")).code() == errc::forbidden);
  CHECK(p.wire->requests.size() == 2);
  CHECK(p.ask(w, target("groq/gated")).code() == errc::forbidden);
  CHECK(p.wire->requests.empty());
  p.wire->answers.clear();
  CHECK_FALSE(p.ask(w, target("groq/open")));
}

TEST_CASE("a failure that is not about the key goes up and leaves the key in use") {
  world w;
  pooled p(abc());
  p.wire->answers["a"] = failure(errc::server_error, "500");
  CHECK(p.ask(w).code() == errc::server_error);
  CHECK(p.wire->requests == names{"a"});
  CHECK(p.set->inspect(w.now())[0].usable);
}

TEST_CASE("a stream that reports in band that its key is throttled suspends the key") {
  world w;
  pooled p(abc());
  p.wire->in_band = failure(errc::rate_limited, "in band").retry_after(20s);
  p.ask(w);
  const auto s = p.set->inspect(w.now());
  CHECK_FALSE(s[0].usable);
  CHECK(s[0].rest == 20s);
}

TEST_CASE("a pool's errors name the provider but no credential") {
  world w;
  pooled p(key_pool().keys("groq", {"first"}));
  p.wire->answers["first"] = failure(errc::unauthorized, "the key was not accepted");
  p.ask(w);
  CHECK(p.ask(w).message() ==
        "every key of groq is suspended; about the next one the provider said: the key was not accepted");
}
