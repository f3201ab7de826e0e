// A call whose deadline has passed, or almost, ends with the deadline's error: through all policies, and whatever it
// waits for in the pool or on the wire.
#include "client/support.hpp"

#include <functional>

using namespace weir;
using namespace weir::test;

namespace {

options all_policies() {
  return bench::plain()
      .model("m")
      .max_connections(1)
      .retry(retry().attempts(3))
      .rate_limit(rate_limit().requests_per_minute(1000))
      .concurrency(concurrency().limit(10))
      .hedge(hedge().after(10s))
      .fallback(fallback().to(target("openai/other").base_url("http://127.0.0.1:8080")));
}

/// What a call waits for.
class wait_for {
public:
  wait_for(const char* name, std::function<void(bench&)> prepare, bool occupied = false)
      : name(name), prepare(std::move(prepare)), occupied(occupied) {}
  const char* name;
  std::function<void(bench&)> prepare;
  bool occupied; ///< Another call holds the only connection.
};

std::vector<wait_for> waits() {
  const auto events = chat_events({"x"});
  const auto begun = stream_head + chunk(events[0]) + chunk(events[1]);
  return {
      {"a dial", [](bench& b) { b.net->stall(); }},
      {"a dial that ends too late", [](bench& b) { b.net->delay(1s).refuse(); }},
      {"a connection", [=](bench& b) { b.net->add(expect_request().reply(begun).stall()); }, true},
      {"a head", [](bench& b) { b.net->add(expect_request().stall()); }},
      {"a head that ends too late", [](bench& b) { b.net->add(expect_request().pause(1s).cut()); }},
      {"a first token", [](bench& b) { b.net->add(expect_request().reply(stream_head).stall()); }},
  };
}

} // namespace

TEST_CASE("a deadline that passes is the reason, whatever a call of the whole client waits for") {
  for (const auto& what : waits())
    for (const auto left : {duration(-1s), duration(), duration(1ns), duration(5us), duration(50us), duration(1ms)}) {
      CAPTURE(what.name);
      CAPTURE(left.count());
      bench b{bench::with_policies(all_policies())};
      // The fallback runs into the same.
      for (int i = 0; i < 4; ++i)
        what.prepare(b);
      failure why;
      error_code code;
      const auto late = [&]() -> asio::awaitable<void> {
        auto asking = b.client().stream(weir::chat("m").user("hi"));
        code = co_await code_of(std::move(asking), &why);
      };
      const auto body = [&]() -> asio::awaitable<void> {
        std::optional<reply> held;
        if (what.occupied) {
          auto first = b.client().stream(weir::chat("m").user("hi"));
          held.emplace(co_await std::move(first));
        }
        const auto attempts = b.net->attempts();
        if (left > duration::zero()) {
          auto asking = b.client().stream(weir::chat("m").user("hi"));
          code = co_await code_of(within(left, std::move(asking)), &why);
        } else {
          // The ambient deadline alone, as before its timer has run.
          const auto in = b.root->child(after(b.time().now(), left));
          co_await asio::co_spawn(asio::any_io_executor(weir::executor(in)), late, asio::use_awaitable);
          CHECK(b.net->attempts() == attempts);
        }
      };
      CHECK(b.run(body));
      CHECK_MESSAGE(code == errc::deadline_exceeded, why.message());
    }
}
