// The response cache's layer: what is answered from the cache, what enters it, and when a call is made all the same.
#include <doctest/doctest.h>

#include "policy/cache/cache_support.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

namespace {

cache_settings any() { return cache_settings().any_temperature(true); }

} // namespace

TEST_CASE("the second identical call is answered from the cache, and says so") {
  world w;
  cached_wire t;
  t.wire->on("", pieces({"a", "b", "c"}, 1s));
  const auto first = t.get(w, "k");
  CHECK(first.text == "abc");
  CHECK_FALSE(first.record.cache_hit);
  CHECK(first.record.cache_key == "k");
  w.run([]() -> asio::awaitable<void> { co_await sleep_for(10s); });

  const auto begun = w.now();
  const auto second = t.get(w, "k");
  CHECK(second.at == begun);
  CHECK(t.wire->seen.size() == 1);
  CHECK(second.text == "abc");
  CHECK(second.events == first.events);
  CHECK(second.how == outcome::complete);
  CHECK(second.usage == first.usage);
  CHECK(second.record.cache_hit);
  CHECK_FALSE(second.record.cache_stale);
  CHECK(second.record.cache_age >= 10s);
  CHECK(second.record.cache_key == "k");
  CHECK(second.record.number == 1);
  CHECK(second.record.sent == duration());
  CHECK(t.last->record->attempts.size() == 1);
  CHECK(t.get(w, "other").record.cache_hit == false);
  const auto s = t.cache->stats();
  CHECK(s.hits == 1);
  CHECK(s.misses == 2);
  CHECK(s.kept == 2);
  CHECK(s.entries == 2);
}

TEST_CASE("a stream answers a call that is not streamed, and the other way around") {
  world w;
  cached_wire t;
  t.wire->on("", pieces({"a", "b"}));
  t.get(w, "streamed first");
  const auto whole = t.get(w, "streamed first", false);
  CHECK(whole.text == "ab");
  CHECK(whole.record.cache_hit);
  t.get(w, "whole first", false);
  const auto stream = t.get(w, "whole first");
  CHECK(stream.text == "ab");
  CHECK(stream.record.cache_hit);
  CHECK(stream.how == outcome::complete);
  CHECK(t.wire->seen.size() == 2);
}

TEST_CASE("a replay has the original's events, at once or at the original's pace") {
  for (const bool paced : {false, true}) {
    world w;
    cached_wire t(any().paced(paced));
    t.wire->on("", pieces({"a", "b", "c"}, 2s));
    const auto begun = w.now();
    const auto first = t.get(w, "k");
    const auto took = first.at - begun;
    CHECK(took == 6s);
    const auto again = w.now();
    const auto second = t.get(w, "k");
    CHECK(second.record.cache_hit);
    CHECK(second.text == "abc");
    CHECK(second.at - again == (paced ? took : duration()));
  }
}

TEST_CASE("only complete answers enter") {
  const auto cut = [](outcome o, errc e) { return pieces({"half"}).end(o, failure(e, "no")); };
  behaviour too_long;
  too_long.text("half").then(finish_event("length"));
  behaviour resumed;
  resumed.text("half").then(event(event::kind::continued, "y/n")).text("rest").then(finish_event());
  behaviour nothing;
  nothing.then(finish_event());
  const std::vector<behaviour> bad = {cut(outcome::truncated, errc::truncated),
                                      cut(outcome::filtered, errc::filtered),
                                      cut(outcome::in_band_error, errc::in_band_error),
                                      cut(outcome::stalled, errc::stalled),
                                      behaviour().text("half").end(outcome::length, failure()),
                                      behaviour().fail(errc::server_error),
                                      too_long,
                                      resumed,
                                      nothing};
  for (std::size_t i = 0; i < bad.size(); ++i)
    for (const bool streamed : {true, false}) {
      INFO(i, streamed);
      // Only a stream can be resumed.
      if (!streamed && &bad[i] == &bad[7])
        continue;
      world w;
      cached_wire t;
      t.wire->on("", bad[i]);
      t.wire->on("", pieces({"good"}));
      t.get(w, "k", streamed);
      CHECK(t.cache->stats().entries == 0);
      CHECK(t.cache->stats().not_kept == 1);
      CHECK(t.get(w, "k", streamed).text == "good");
      CHECK(t.wire->seen.size() == 2);
    }
}

TEST_CASE("an answer of a fallback is not kept") {
  class fallback final : public handler {
  public:
    explicit fallback(handler_ptr inner) : inner_(std::move(inner)) {}
    asio::awaitable<reply> operator()(call& c) override {
      c.to = target("y/other");
      co_return co_await (*inner_)(c);
    }
    handler_ptr inner_;
  };
  world w;
  cached_wire t;
  t.wire->on("", pieces({"a"}));
  t.top = stack_layers({make_response_cache(t.cache, t.keys),
                        [](handler_ptr inner) -> handler_ptr { return std::make_shared<fallback>(inner); }},
                       t.wire);
  CHECK(t.get(w, "k").text == "a");
  CHECK(t.cache->stats().entries == 0);
  CHECK(t.last->to == target("y/other"));
}

TEST_CASE("a call can do without the cache, ask for a new answer, or for nothing but the cache") {
  world w;
  cached_wire t;
  int n = 0;
  t.wire->make = [&n](const call&) { return pieces({std::to_string(++n)}); };
  const auto with = [](cache_use u) { return call_options().cache(u); };
  const auto none = t.get(w, "k", true, with(cache_use::only));
  CHECK(none.why.code() == errc::not_found);
  CHECK(n == 0);
  CHECK(t.get(w, "", true, with(cache_use::only)).why.code() == errc::not_found);
  CHECK(t.get(w, "k").text == "1");
  CHECK(t.get(w, "k", true, with(cache_use::bypass)).text == "2");
  CHECK(t.get(w, "k").text == "1");
  CHECK(t.get(w, "k", true, with(cache_use::only)).text == "1");
  CHECK(t.get(w, "k", true, with(cache_use::refresh)).text == "3");
  CHECK(t.get(w, "k").text == "3");
  CHECK(n == 3);
}

TEST_CASE("a request that sets its use of the cache is cached whatever its temperature") {
  world w;
  cached_wire t((cache_settings()));
  t.wire->on("", pieces({"a"}));
  t.get(w, "k");
  CHECK_FALSE(t.keys->asked_any);
  t.get(w, "k", true, call_options().cache(cache_use::normal));
  CHECK(t.keys->asked_any);
}

TEST_CASE("an answer is used up to its time to live, and up to the age that the call allows") {
  world w;
  cached_wire t(any().ttl(60s));
  t.wire->on("", pieces({"a"}));
  t.get(w, "k");
  const auto later = [&w](duration d) { w.run([d]() -> asio::awaitable<void> { co_await sleep_for(d); }); };
  later(50s);
  CHECK(t.get(w, "k").record.cache_hit);
  CHECK(t.get(w, "k", true, call_options().cache_max_age(51s)).record.cache_hit);
  CHECK_FALSE(t.get(w, "k", true, call_options().cache_max_age(49s)).record.cache_hit);
  later(59s);
  CHECK(t.get(w, "k").record.cache_hit);
  later(2s);
  CHECK_FALSE(t.get(w, "k").record.cache_hit);
  CHECK(t.wire->seen.size() == 3);
  CHECK_FALSE(t.get(w, "k", true, call_options().cache_max_age(0s)).record.cache_hit);
}

TEST_CASE("a stale answer is used while one new one is requested in the background") {
  world w;
  cached_wire t(any().ttl(10s).stale_while_revalidate(60s));
  int n = 0;
  t.wire->make = [&n](const call&) { return pieces({std::to_string(++n)}, 5s); };
  t.get(w, "k");
  w.run([]() -> asio::awaitable<void> { co_await sleep_for(20s); });
  const auto a = std::make_shared<answer_seen>(), b = std::make_shared<answer_seen>();
  w.run([&]() -> asio::awaitable<void> {
    const auto begun = w.now();
    co_await t.read(t.begin_call(w, "k"), a);
    co_await t.read(t.begin_call(w, "k"), b);
    CHECK(w.now() == begun);
  });
  for (const auto& one : {a, b}) {
    CHECK(one->text == "1");
    CHECK(one->record.cache_hit);
    CHECK(one->record.cache_stale);
  }
  CHECK(n == 2);
  const auto fresh = t.get(w, "k");
  CHECK(fresh.text == "2");
  CHECK_FALSE(fresh.record.cache_stale);
  CHECK(t.cache->stats().stale == 2);
}

TEST_CASE("an answer from the background does not take the place of a newer one") {
  for (const bool with_newer : {true, false}) {
    world w;
    cached_wire t(any().ttl(10s).stale_while_revalidate(60s));
    int n = 0;
    t.wire->make = [&n](const call&) {
      ++n;
      return pieces({std::to_string(n)}, n == 2 ? 30s : 1s);
    };
    t.get(w, "k");
    w.run([]() -> asio::awaitable<void> { co_await sleep_for(20s); });
    w.run([&]() -> asio::awaitable<void> {
      const auto old = std::make_shared<answer_seen>(), fresh = std::make_shared<answer_seen>();
      co_await t.read(t.begin_call(w, "k"), old);
      CHECK(old->record.cache_stale);
      co_await sleep_for(2s);
      if (with_newer) {
        co_await t.read(t.begin_call(w, "k", true, call_options().cache(cache_use::refresh)), fresh);
        CHECK(fresh->text == "3");
      }
      co_await sleep_for(40s);
    });
    CHECK(t.wire->seen.size() == (with_newer ? 3 : 2));
    const auto kept = t.get(w, "k", true, call_options().cache(cache_use::only).cache_max_age(1h));
    CHECK(kept.text == (with_newer ? "3" : "2"));
    CHECK(t.cache->stats().not_kept == (with_newer ? 1 : 0));
  }
}

TEST_CASE("what runs in the background ends with its client") {
  world w;
  auto t = std::make_optional<cached_wire>(any().ttl(10s).stale_while_revalidate(60s));
  t->wire->on("", pieces({"a"}));
  t->wire->on("", pieces({"b"}, 1h));
  const auto wire = t->wire;
  t->get(w, "k");
  w.run([]() -> asio::awaitable<void> { co_await sleep_for(20s); });
  w.run([&]() -> asio::awaitable<void> {
    const auto seen = std::make_shared<answer_seen>();
    co_await t->read(t->begin_call(w, "k"), seen);
    CHECK(seen->text == "a");
    co_await sleep_for(1s);
    CHECK(wire->seen.size() == 2);
    CHECK_FALSE(wire->seen[1]->cancelled);
    t.reset();
    co_await sleep_for(1s);
  });
  CHECK(wire->seen[1]->cancelled);
}

TEST_CASE("an old answer stands in for a call that fails in a way that may pass, and only then") {
  world w;
  cached_wire t(any().ttl(10s).stale_if_error(1h));
  t.wire->on("", pieces({"a"}));
  t.wire->on("", behaviour().fail(errc::server_error));
  t.wire->on("", behaviour().fail(errc::rate_limited));
  t.wire->on("", behaviour().fail(errc::unauthorized));
  t.get(w, "k");
  w.run([]() -> asio::awaitable<void> { co_await sleep_for(20s); });
  for (int i = 0; i < 2; ++i) {
    const auto stale = t.get(w, "k");
    CHECK(stale.text == "a");
    CHECK(stale.record.cache_stale);
    CHECK(t.last->record->attempts.size() == 2);
    CHECK(t.last->record->attempts.front()->failure);
  }
  CHECK(t.get(w, "k").why.code() == errc::unauthorized);
  CHECK(t.wire->seen.size() == 4);
}

TEST_CASE("an answer that is too large is delivered and not kept") {
  world w;
  cached_wire t(any().max_entry_bytes(2000));
  std::vector<std::string> many(200, "a piece of some length, so that it is not short");
  t.wire->on("", pieces(many));
  CHECK(t.get(w, "k").events == many.size() + 2);
  CHECK(t.cache->stats().entries == 0);
  CHECK(t.cache->stats().not_kept == 1);
}

TEST_CASE("without a cache there is no layer") {
  const auto wire = std::make_shared<played_wire>();
  CHECK(stack_layers({make_response_cache(nullptr, std::make_shared<keys_of_test>())}, wire) == wire);
}

TEST_CASE("wrong settings are refused by name") {
  CHECK(code_of([] { response_cache(cache_settings().ttl(-1s)); }) == errc::invalid_configuration);
  CHECK(code_of([] { response_cache(cache_settings().max_entry_bytes(1)); }) == errc::invalid_configuration);
}
