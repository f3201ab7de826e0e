// Every ending in every phase that a call can be in inside the policies.
#include "client/support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

using namespace weir;
using namespace weir::test;

namespace {

enum class phase { rate_limited, suspended, waiting_for_permit, backing_off, probing, hedging, falling_back, rotating };
enum class ending { slot, scope, within, deadline, context };

constexpr phase phases[] = {phase::rate_limited, phase::suspended, phase::waiting_for_permit, phase::backing_off,
                            phase::probing,      phase::hedging,   phase::falling_back,       phase::rotating};
constexpr ending endings[] = {ending::slot, ending::scope, ending::within, ending::deadline, ending::context};

std::string_view name_of(phase p) {
  constexpr std::string_view names[] = {"rate limited", "suspended", "waiting for a permit", "backing off",
                                        "probing",      "hedging",   "falling back",         "rotating keys"};
  return names[static_cast<int>(p)];
}

// When the call under test begins, soon after which it is in its phase, and when it is ended.
constexpr auto begins = 1s, ends = 3s;

std::string busy(std::string_view headers = {}) {
  return answer(503, "application/json", R"({"error":"busy"})", headers);
}
std::string slower(std::string_view headers) {
  return answer(429, "application/json", R"({"error":"slower"})", headers);
}
std::string good() { return streamed(chat_events({"x"})); }

/// A client set up for the phase, and an earlier call that makes the one under test enter it.
class staged {
public:
  staged(phase p, ending e) : b(bench::with_policies(options_for(p, e))) {
    switch (p) {
    case phase::rate_limited: b.net->add(expect_request().reply(good()).stall()); break;
    case phase::suspended: b.net->add(expect_request().reply(slower("retry-after: 100\r\n")).stall()); break;
    case phase::waiting_for_permit:
      b.net->add(expect_request().reply(good().substr(0, good().find("finish_reason\":\"stop"))).stall());
      break;
    case phase::backing_off:
      b.net->add(expect_request().reply(good()).expect("POST").reply(busy("retry-after: 100\r\n")).stall());
      break;
    case phase::probing: b.net->refuse().stall(); break;
    case phase::hedging:
    case phase::falling_back:
      b.net->add(expect_request().reply(good()).expect("POST").stall()).add(expect_request().stall());
      break;
    case phase::rotating:
      b.net->add(expect_request().reply(good()).expect("POST").reply(slower("")).expect("POST").stall())
          .add(expect_request().stall());
      break;
    }
  }

  static options options_for(phase p, ending e) {
    auto o = bench::plain().model("m").base_url("http://localhost:8080");
    o.retry(retry().attempts(1)).breaker(breaker().enabled(false));
    if (e == ending::deadline)
      o.deadline(ends - begins);
    switch (p) {
    case phase::rate_limited: o.rate_limit(rate_limit().requests_per_minute(1)); break;
    case phase::suspended: break;
    case phase::waiting_for_permit: o.concurrency(concurrency().limit(1)); break;
    case phase::backing_off: o.retry(retry().attempts(2)).rate_limit(rate_limit().gate(false)); break;
    case phase::probing: o.breaker(breaker().consecutive_failures(1).consecutive_span(0s).open_for(100ms)); break;
    case phase::hedging: o.hedge(hedge().after(500ms).max_extra_load(1)); break;
    case phase::falling_back:
      o.fallback(fallback().to(target().base_url("http://localhost:8081")).patience(500ms));
      break;
    case phase::rotating: {
      credentials keys;
      keys.named("a", secret("canary-a")).named("b", secret("canary-b"));
      o.provider("openai")
          .credentials(keys)
          .keys(key_pool().keys("openai", {"a", "b"}))
          .rate_limit(rate_limit().gate(false));
      break;
    }
    }
    return o;
  }

  asio::awaitable<void> first(phase p) {
    try {
      auto r = co_await b.client().stream(weir::chat().user("hi"));
      co_await r.ready();
      if (p == phase::waiting_for_permit)
        held.emplace(std::move(r));
      else
        co_await collect(std::move(r));
    } catch (const error&) {
    }
  }

  asio::awaitable<void> under_test(ending e) {
    co_await sleep_for(begins - b.now());
    auto call = b.read(s);
    if (e == ending::within)
      call = within(ends - begins, std::move(call));
    co_await std::move(call);
  }

  void check_permits() {
    const auto now = b.client().inspect(b.time().now());
    for (const auto& k : now.breakers)
      CHECK(k.running == 0);
    for (const auto& c : now.concurrency) {
      CHECK(c.running == 0);
      CHECK(c.waiting_interactive + c.waiting_batch == 0);
    }
    for (const auto& l : now.rate_limits)
      CHECK(l.waiting_interactive + l.waiting_batch == 0);
  }

  bench b;
  std::optional<reply> held;
  seen s;
};

void end_it(phase p, ending e) {
  CAPTURE(name_of(p));
  CAPTURE(static_cast<int>(e));
  const auto scopes = scope::live();
  {
    asio::cancellation_signal slot;
    staged c(p, e);
    const auto in = c.b.root->child();
    c.b.spawn([&]() -> asio::awaitable<void> { co_await c.first(p); });
    testing::run(c.b.io, begins);
    bool ended = false;
    asio::co_spawn(executor(in), c.under_test(e),
                   asio::bind_cancellation_slot(slot.slot(), [&](std::exception_ptr) { ended = true; }));
    testing::run(c.b.io, ends - c.b.now() - 1ms);
    // A local limit that would let the call through too late says so at once.
    const bool timed = e == ending::within || e == ending::deadline;
    const bool at_once = timed && (p == phase::rate_limited || p == phase::suspended || p == phase::backing_off);
    CHECK(ended == at_once);
    if (e == ending::context)
      return;
    testing::run(c.b.io, 1ms);
    if (e == ending::slot)
      slot.emit(asio::cancellation_type::terminal);
    if (e == ending::scope)
      in->cancel();
    c.held.reset();
    testing::run(c.b.io, 10ms);
    CHECK(ended);
    CHECK(c.s.ended == (at_once ? begins : ends));
    CHECK(c.s.text.empty());
    if (at_once)
      CHECK(c.s.code == (p == phase::backing_off ? errc::overloaded : errc::limit_reached));
    else if (e == ending::slot || e == ending::scope)
      CHECK(c.s.code == errc::cancelled);
    else
      CHECK(c.s.code == condition::local);
    c.check_permits();
    CHECK(c.b.client().pool().leased + c.b.client().pool().waiting == 0);
    // The pool goes on with a connection that was being made, but not for long.
    testing::run(c.b.io, 1s);
    CHECK(c.b.client().pool().connecting == 0);
  }
  CHECK(scope::live() == scopes);
}

} // namespace

TEST_CASE("a call that is ended inside the policies ends at once, with its reason, and leaves nothing") {
  for (const auto p : phases)
    for (const auto e : endings) {
      // The deadline of the options would also end the call that holds the permit.
      if (p != phase::waiting_for_permit || e != ending::deadline)
        end_it(p, e);
    }
}
