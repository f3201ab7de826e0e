// Identical calls in flight: one upstream call, many readers.
#include <doctest/doctest.h>

#include <random>

#include <boost/asio/detached.hpp>

#include "policy/cache/cache_support.hpp"
#include "policy/seed.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

namespace {

// Starts callers and plays everything.
class crowd {
public:
  explicit crowd(cache_settings s = cache_settings().any_temperature(true)) : t(s) {}
  ~crowd() {
    testing::run(w.io);
    for (const auto& one : seen)
      CHECK(one->done);
  }

  std::shared_ptr<answer_seen> add(bool streamed = true, time_point deadline = never, duration pause = duration(),
                                   std::string key = "k") {
    seen.push_back(std::make_shared<answer_seen>());
    calls.push_back(t.begin_call(w, std::move(key), streamed, call_options(), deadline));
    asio::co_spawn(w.executor(), t.read(calls.back(), seen.back(), pause), asio::detached);
    return seen.back();
  }
  void play() {
    testing::run(w.io);
    w.io.restart();
  }

  world w;
  cached_wire t;
  std::vector<std::shared_ptr<answer_seen>> seen;
  std::vector<std::shared_ptr<call>> calls;
};

} // namespace

TEST_CASE("100 concurrent callers make one upstream call, and each has all of the answer") {
  for (const bool streamed : {true, false}) {
    crowd c;
    c.t.wire->on("", pieces({"a", "b", "c"}, 1s).wait(2s));
    for (int i = 0; i < 100; ++i)
      c.add(streamed);
    c.play();
    CHECK(c.t.wire->seen.size() == 1);
    int shared = 0;
    for (const auto& one : c.seen) {
      CHECK(one->text == "abc");
      CHECK(one->how == outcome::complete);
      CHECK(one->record.cache_key == "k");
      shared += one->record.shared ? 1 : 0;
    }
    CHECK(shared == 99);
    CHECK(c.t.cache->stats().shared == 99);
    CHECK(c.t.cache->stats().entries == 1);
  }
}

TEST_CASE("streamed and other callers share a call") {
  for (const bool first : {true, false}) {
    crowd c;
    c.t.wire->on("", pieces({"a", "b"}, 1s).wait(1s));
    c.add(first);
    c.add(!first);
    c.play();
    CHECK(c.t.wire->seen.size() == 1);
    for (const auto& one : c.seen) {
      CHECK(one->text == "ab");
      CHECK(one->how == outcome::complete);
      if (first)
        CHECK(one->usage.completion_tokens == 2);
    }
  }
}

TEST_CASE("a caller that comes later has the answer from its beginning") {
  crowd c;
  c.t.wire->on("", pieces({"a", "b", "c", "d"}, 1s));
  c.add();
  c.w.run([&]() -> asio::awaitable<void> {
    co_await sleep_for(2500ms);
    const auto late = c.add();
    co_await sleep_for(1ms);
    CHECK(late->events == 0 + 2);
    co_await sleep_for(10s);
    CHECK(late->text == "abcd");
  });
  CHECK(c.t.wire->seen.size() == 1);
}

TEST_CASE("a slow reader does not slow the others") {
  crowd c;
  c.t.wire->on("", pieces({"a", "b", "c"}, 1s));
  const auto slow = c.add(true, never, 60s);
  const auto quick = c.add();
  const auto begun = c.w.now();
  c.play();
  CHECK(quick->at - begun == 3s);
  CHECK(slow->text == "abc");
  CHECK(slow->at - begun >= 180s);
}

TEST_CASE("a reader that is cancelled, or whose time is up, leaves the others alone") {
  crowd c;
  c.t.wire->on("", pieces({"a", "b", "c"}, 1s));
  const auto stays = c.add();
  const auto late = c.add(true, c.w.now() + 1500ms);
  c.add();
  c.w.run([&]() -> asio::awaitable<void> {
    co_await sleep_for(500ms);
    c.calls[2]->reply_scope->cancel();
  });
  c.play();
  CHECK(stays->text == "abc");
  CHECK(stays->how == outcome::complete);
  CHECK(late->text == "a");
  CHECK(late->how == outcome::deadline);
  CHECK(late->why.code() == errc::deadline_exceeded);
  CHECK(c.seen[2]->why.code() == errc::cancelled);
  CHECK(c.t.wire->seen.size() == 1);
  CHECK_FALSE(c.t.wire->seen[0]->cancelled);
}

TEST_CASE("the first caller may leave, and the others have the answer") {
  crowd c;
  c.t.wire->on("", pieces({"a", "b", "c"}, 1s).wait(1s));
  c.add(true, c.w.now() + 2500ms);
  const auto other = c.add();
  c.play();
  CHECK(other->text == "abc");
  CHECK(c.seen[0]->text == "a");
  CHECK(c.t.wire->seen.size() == 1);
  CHECK(c.t.cache->stats().entries == 1);
}

TEST_CASE("the upstream call ends when the last reader has left") {
  for (const duration when : {500ms, 2500ms}) {
    crowd c;
    c.t.wire->on("", pieces({"a", "b", "c"}, 1s).wait(1s));
    c.add(true, c.w.now() + when);
    c.add(true, c.w.now() + when / 2);
    const auto begun = c.w.now();
    c.play();
    REQUIRE(c.t.wire->seen.size() == 1);
    CHECK(c.t.wire->seen[0]->cancelled);
    CHECK(c.t.wire->seen[0]->closed - begun == when);
    CHECK(c.t.cache->stats().entries == 0);
    CHECK(c.t.wire->running == 0);
  }
}

TEST_CASE("a reply that is dropped ends the upstream call") {
  world w;
  cached_wire t;
  t.wire->on("", pieces({"a", "b"}, 1s));
  w.run([&]() -> asio::awaitable<void> {
    {
      auto r = co_await begin(t.top, t.begin_call(w, "k"));
      const auto e = co_await r.next();
      CHECK(e->text() == "a");
    }
    co_await sleep_for(1ms);
    CHECK(t.wire->seen[0]->cancelled);
  });
}

TEST_CASE("a failure before the answer is every reader's") {
  crowd c;
  c.t.wire->on("", behaviour().wait(1s).fail(errc::bad_request));
  for (int i = 0; i < 3; ++i)
    c.add(i != 1);
  c.play();
  CHECK(c.t.wire->seen.size() == 1);
  for (const auto& one : c.seen)
    CHECK(one->why.code() == errc::bad_request);
}

TEST_CASE("a stream that breaks off breaks off for all of its readers") {
  crowd c;
  c.t.wire->on("", behaviour().text("half", 1s).broken());
  c.add();
  c.add();
  c.play();
  for (const auto& one : c.seen) {
    CHECK(one->text == "half");
    CHECK(one->how == outcome::truncated);
    CHECK(one->why.code() == errc::truncated);
  }
  CHECK(c.t.wire->seen.size() == 1);
}

TEST_CASE("a caller that wants no stream calls again if the stream that it shares breaks off") {
  crowd c;
  c.t.wire->on("", behaviour().text("half", 1s).broken());
  c.t.wire->on("", pieces({"all"}));
  c.add(true);
  const auto whole = c.add(false);
  c.play();
  CHECK(whole->text == "all");
  CHECK(c.t.wire->seen.size() == 2);
}

TEST_CASE("if the first caller's time is up before there is an answer, the others begin anew") {
  crowd c;
  c.t.wire->on("", pieces({"never"}).wait(10s));
  c.t.wire->on("", pieces({"a"}).wait(1s));
  c.add(true, c.w.now() + 1s);
  const auto other = c.add();
  const auto third = c.add();
  c.play();
  CHECK(c.seen[0]->why.code() == errc::deadline_exceeded);
  CHECK(other->text == "a");
  CHECK(third->text == "a");
  CHECK(other->how == outcome::complete);
  CHECK(third->how == outcome::complete);
  CHECK(c.t.wire->seen.size() == 2);
}

TEST_CASE("calls that ask for a new answer, or for none of others, do not share") {
  crowd c(cache_settings().any_temperature(true).share_in_flight(false));
  c.t.wire->on("", pieces({"a"}, 1s));
  c.add();
  c.add();
  c.play();
  CHECK(c.t.wire->seen.size() == 2);

  crowd r;
  r.t.wire->on("", pieces({"a"}, 1s));
  r.add();
  for (const auto use : {cache_use::refresh, cache_use::bypass}) {
    r.seen.push_back(std::make_shared<answer_seen>());
    r.calls.push_back(r.t.begin_call(r.w, "k", true, call_options().cache(use)));
    asio::co_spawn(r.w.executor(), r.t.read(r.calls.back(), r.seen.back()), asio::detached);
  }
  r.play();
  CHECK(r.t.wire->seen.size() == 3);
}

TEST_CASE("beyond the size of an entry nobody joins, and a reader too far behind is cut off") {
  crowd c(cache_settings().any_temperature(true).max_entry_bytes(4096));
  const std::vector<std::string> many(400, std::string(100, 'x'));
  c.t.wire->on("", pieces(many, 1s));
  const auto quick = c.add();
  const auto slow = c.add(true, never, 30s);
  const auto whole = c.add(false);
  c.w.run([&]() -> asio::awaitable<void> {
    co_await sleep_for(200s);
    c.add();
    co_await sleep_for(1s);
  });
  CHECK(c.t.wire->seen.size() == 2);
  c.play();
  CHECK(quick->text.size() == 40'000);
  CHECK(quick->how == outcome::complete);
  CHECK(whole->text.size() == 40'000);
  CHECK(slow->why.code() == errc::truncated);
  CHECK(slow->how == outcome::truncated);
  CHECK(c.seen[3]->text.size() == 40'000);
}

TEST_CASE("the upstream waits for a reader that is slow and alone") {
  crowd c(cache_settings().any_temperature(true).max_entry_bytes(4096));
  const std::vector<std::string> many(400, std::string(100, 'x'));
  c.t.wire->on("", pieces(many));
  const auto begun = c.w.now();
  const auto slow = c.add(true, never, 1s);
  c.play();
  // It is ahead of its reader by what an entry holds, and no more.
  CHECK(c.t.wire->seen[0]->closed - begun > 300s);
  CHECK(slow->text.size() == 40'000);
  CHECK(slow->how == outcome::complete);
}

TEST_CASE("a context may be destroyed under readers, and replies may outlive it") {
  std::optional<reply> kept;
  cached_wire t;
  t.wire->on("", behaviour().text("a").text("b", 1h));
  const auto seen = std::make_shared<answer_seen>();
  {
    world w;
    auto opening = [&]() -> asio::awaitable<void> {
      kept.emplace(co_await begin(t.top, t.begin_call(w, "k")));
      const auto e = co_await kept->next();
      CHECK(e->text() == "a");
    };
    asio::co_spawn(w.executor(), opening, asio::detached);
    asio::co_spawn(w.executor(), t.read(t.begin_call(w, "k"), seen), asio::detached);
    w.io.poll();
    REQUIRE(kept);
    CHECK(seen->text == "a");
  }
  CHECK_FALSE(seen->done);
  CHECK(kept->outcome() == outcome::cancelled);
}

// Readers that come, read at their pace, and leave when they like; what each has read is the beginning of the answer,
// all of it if it was not cut short, and nothing runs on at the end.
TEST_CASE("whatever its readers do, a shared call gives each the answer from its beginning") {
  const auto from = seed();
  for (std::uint64_t round = 0; round < 300; ++round) {
    std::mt19937_64 random(from + round);
    const auto pick = [&random](int n) { return static_cast<int>(random() % static_cast<std::uint64_t>(n)); };
    INFO("WEIR_SEED=" << from + round);
    crowd c(cache_settings().any_temperature(true).max_entry_bytes(pick(2) ? 1 << 20 : 3000));
    std::string all;
    std::vector<std::string> texts;
    for (int i = 0, n = 1 + pick(40); i < n; ++i) {
      texts.push_back(std::to_string(i) + std::string(std::size_t(pick(100)), '.'));
      all += texts.back();
    }
    const bool breaks = pick(4) == 0;
    c.t.wire->make = [&](const call&) {
      auto b = pieces(texts, std::chrono::milliseconds(pick(50))).wait(std::chrono::milliseconds(pick(100)));
      return breaks ? b.broken() : b;
    };
    c.w.run([&]() -> asio::awaitable<void> {
      for (int i = 0, n = 1 + pick(8); i < n; ++i) {
        const auto until = pick(3) == 0 ? c.w.now() + std::chrono::milliseconds(pick(1500)) : never;
        c.add(pick(3) != 0, until, std::chrono::milliseconds(pick(3) == 0 ? pick(200) : 0));
        if (pick(5) == 0)
          c.calls[std::size_t(pick(int(c.calls.size())))]->reply_scope->cancel();
        co_await sleep_for(std::chrono::milliseconds(pick(300)));
      }
    });
    c.play();
    for (const auto& one : c.seen) {
      REQUIRE(one->done);
      CHECK(all.starts_with(one->text));
      if (one->how == outcome::complete)
        CHECK(one->text == all);
    }
    CHECK(c.t.wire->running == 0);
    for (const auto& up : c.t.wire->seen)
      CHECK(up->closed != never);
    CHECK(c.t.cache->stats().entries <= 1);
  }
}
