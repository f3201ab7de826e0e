// The policies in the whole client: what options do, and which are refused.
#include "client/support.hpp"

#include <weir/client/client_group.hpp>

using namespace weir;
using namespace weir::test;

namespace {

options policed() { return bench::plain().model("m"); }

std::string busy() { return answer(503, "application/json", R"({"error":"busy"})"); }

std::string complaint(options o) {
  try {
    const client c(std::move(o));
    return {};
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_configuration);
    return e.failure().message();
  }
}

script good(std::string_view text) {
  return expect_request().reply(streamed(chat_events({std::string(text)}))).stall();
}

target other() { return target().base_url("http://127.0.0.2:8080").model("o"); }

} // namespace

TEST_CASE("by default a failed call is retried over the same connection, and every attempt is on record") {
  std::vector<std::pair<int, error_code>> tries;
  auto note = [&](const call_record&, const attempt& a) { tries.emplace_back(a.status, a.failure.code()); };
  bench b{bench::with_policies(policed().observe(on_attempt(note)))};
  b.net->add(expect_request()
                 .reply(busy())
                 .expect("POST")
                 .reply(busy())
                 .expect("POST")
                 .reply(streamed(chat_events({"x"})))
                 .stall());
  const auto s = b.stream_chat();
  CHECK(s.text == "x");
  CHECK(tries ==
        std::vector<std::pair<int, error_code>>{{503, errc::overloaded}, {503, errc::overloaded}, {200, error_code()}});
  b.check_clean();
}

TEST_CASE("an answer that is interrupted after its first event is not requested again") {
  bench b{bench::with_policies(policed())};
  const auto bytes = streamed(chat_events({"a", "b"}));
  b.net->add(expect_request().reply(bytes.substr(0, bytes.find("\"b\""))).cut());
  const auto s = b.stream_chat();
  CHECK(s.text == "a");
  CHECK(s.outcome == outcome::truncated);
  CHECK(b.net->opened() == 1);
  b.check_clean();
}

TEST_CASE("a fallback replaces a target that fails, with its own model and without the other's key") {
  credentials keys;
  keys.named("own", secret("canary-own"));
  auto o = policed().credentials(keys).retry(retry().attempts(1));
  o.fallback(fallback().to(other().key("own")));
  o.base_url("http://localhost:8080");
  bench b{bench::with_policies(std::move(o))};
  b.net->add(expect_request().reply(busy()).stall());
  b.net->add(good("from afar"));
  const auto s = b.stream_chat();
  CHECK(s.text == "from afar");
  const auto& seen = b.net->connections();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0]->sent.find("canary") == std::string::npos);
  CHECK(seen[1]->to.host() == "127.0.0.2");
  CHECK(seen[1]->sent.find(R"("model":"o")") != std::string::npos);
  CHECK(seen[1]->sent.find("Bearer canary-own") != std::string::npos);
  b.check_clean();
}

TEST_CASE("an interrupted answer is resumed in the target's own way") {
  const auto bytes = streamed(chat_events({"a", "b"}));
  const auto up_to_b = bytes.find("\"b\"") + 20;
  class row {
  public:
    row(prefill how, std::string_view sent) : how(how), sent(sent) {}
    prefill how;
    std::string_view sent;
  };
  for (const auto& r : {row(prefill::message, R"({"role":"assistant","content":"a"}])"),
                        row(prefill::prefix, R"({"role":"assistant","content":"a","prefix":true}])"),
                        row(prefill::vllm, R"("continue_final_message":true)"), row(prefill::none, "")}) {
    auto o = policed();
    o.fallback(fallback().to(other().prefill(r.how)).resume_interrupted(true));
    bench b{bench::with_policies(std::move(o))};
    b.net->add(expect_request().reply(bytes.substr(0, up_to_b)).cut());
    b.net->add(good(" and so on"));
    const auto s = b.stream_chat();
    if (r.how == prefill::none) {
      CHECK(s.text == "a");
      CHECK(s.outcome == outcome::truncated);
      CHECK(b.net->opened() == 1);
    } else {
      CHECK(s.text == "a and so on");
      CHECK(s.outcome == outcome::complete);
      CHECK(b.net->connections().at(1)->sent.find(r.sent) != std::string::npos);
    }
    b.check_clean();
  }
}

TEST_CASE("a rate limit's headers lower the limit that was set, and never raise it") {
  auto o = policed();
  o.rate_limit(rate_limit().requests_per_minute(100));
  bench b{bench::with_policies(std::move(o))};
  const auto with = [](std::string_view headers) {
    std::string events;
    for (const auto& e : chat_events({"a"}))
      events += e;
    return expect_request().reply(answer(200, "text/event-stream", events, headers)).close();
  };
  b.net->add(with("x-ratelimit-limit-requests: 7\r\nx-ratelimit-window: 60\r\n"));
  b.net->add(with("x-ratelimit-limit-requests: 1000\r\n"));
  const auto limit = [&] { return b.client().inspect(b.time().now()).rate_limits.at(0).requests_per_minute.limit; };
  b.stream_chat();
  CHECK(limit() == 7);
  b.stream_chat();
  CHECK(limit() == 100);
  b.check_clean();
}

TEST_CASE("invalid settings are refused when the client is built, with their path") {
  CHECK(complaint(options().retry(retry().attempts(0))).starts_with("retry.attempts: "));
  CHECK(complaint(options().breaker(breaker().min_success(2))).starts_with("breaker.min_success: "));
  CHECK(complaint(options().deadline(-1s)).starts_with("deadline: "));
  CHECK(complaint(options().max_connections(0)).starts_with("max_connections: "));
  CHECK(complaint(options().hedge(hedge().after(-1s))).starts_with("hedge."));
  CHECK(complaint(options().fallback(fallback().to(target("groq/a")).to(target("nobody/a"))))
            .starts_with("fallback.targets[1].provider: there is no provider \"nobody\""));
  CHECK(complaint(options().fallback(fallback().to(target("groq/a")).to(target("groq/a")))).starts_with("fallback."));
  CHECK(complaint(options().fallback(fallback().to(target("groq/a").key("lost"))))
            .starts_with("fallback.targets[0].key: there is no key named \"lost\""));
  CHECK(complaint(options().routing(routing().add(target("groq/a"), -1))).starts_with("routing.targets[0]"));
  CHECK(complaint(options().tiers(tiers().add("small", target("nobody")))).starts_with("tiers"));
  CHECK(complaint(options().keys(key_pool().keys("groq", {"a"}))).starts_with("keys.groq[0]"));
  CHECK(complaint(options().rate_limit(target("groq"), rate_limit().batch_share(3)))
            .starts_with("rate_limits[0].batch_share"));
  CHECK(complaint(options().concurrency(concurrency().limit(3).adaptive(true))).starts_with("concurrency"));
}

TEST_CASE("the most specific limit applies") {
  auto o = policed();
  o.concurrency(concurrency().limit(9));
  o.concurrency(target().base_url("http://127.0.0.1:8080"), concurrency().limit(5));
  o.concurrency(target().base_url("http://127.0.0.1:8080").model("m"), concurrency().limit(2));
  bench b{bench::with_policies(std::move(o))};
  b.net->add(good("x"));
  CHECK(b.stream_chat().text == "x");
  const auto seen = b.client().inspect(b.time().now()).concurrency;
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].limit == 2);
  b.check_clean();
}

TEST_CASE("clients that share limits count together, others separately") {
  auto o = policed();
  o.breaker(breaker().consecutive_failures(2).consecutive_span(0s)).retry(retry().attempts(1));
  const auto shared = make_shared_policies(o);
  for (const bool together : {true, false}) {
    auto each = o;
    if (together)
      each.share(shared);
    bench first{bench::with_policies(each)}, second{bench::with_policies(each)};
    for (int i = 0; i < 2; ++i) {
      first.net->refuse();
      first.stream_chat();
    }
    second.net->add(good("x"));
    CHECK(second.stream_chat().code == (together ? error_code(errc::circuit_open) : error_code()));
    second.one.reset();
    first.one.reset();
  }
}

TEST_CASE("gauges show the state of the pool and the policies") {
  auto o = policed();
  o.concurrency(concurrency().limit(4));
  bench b{bench::with_policies(std::move(o))};
  b.net->add(good("x"));
  b.stream_chat();
  metrics numbers;
  numbers.gauges([&] { return gauges(b.client().inspect(b.time().now())); });
  const auto text = numbers.prometheus();
  CHECK(text.find("weir_pool_connections{state=\"idle\"} 1\n") != std::string::npos);
  CHECK(text.find("weir_concurrency_limit{") != std::string::npos);
  CHECK(text.find("weir_breaker_open{") != std::string::npos);
  b.check_clean();
}
