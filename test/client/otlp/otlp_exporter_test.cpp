// The exporter against collectors on real sockets: good ones, and those that hang, refuse, break and are not there.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <weir/client/blocking_client.hpp>
#include <weir/client/otlp.hpp>
#include <weir/core/error.hpp>
#include <weir/testing.hpp>

#include "client/post/receiver.hpp"
#include "codec/json/json.hpp"

using namespace weir;
using namespace std::chrono_literals;
using test::received;
using test::receiver;
using test::response;
namespace json = codec::json;

namespace {

json::array spans_in(const std::string& body) {
  error_code ec;
  const auto v = codec::parse_json(body, ec);
  REQUIRE_FALSE(ec);
  return v.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").as_array();
}

std::size_t count_spans(const receiver& to) {
  std::size_t n = 0;
  for (const auto& r : to.at("/v1/traces"))
    n += spans_in(r.body).size();
  return n;
}

call_record some_call() {
  call_record r;
  r.operation = "chat";
  r.provider = "groq";
  r.model = "llama";
  r.outcome = outcome::complete;
  r.ended = 10ms;
  r.started = std::chrono::system_clock::now();
  r.attempts.push_back(std::make_shared<attempt>());
  return r;
}

void tell(observer& o, const call_record& r) {
  o.call_begun(r);
  for (const auto& a : r.attempts)
    o.attempt_ended(r, *a);
  o.call_ended(r);
}

class stopwatch {
public:
  duration passed() const { return std::chrono::steady_clock::now() - begun_; }

private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

otlp to(const receiver& r) { return otlp().endpoint(r.url()); }

} // namespace

TEST_CASE("a client's calls arrive as traces and metrics, retries included") {
  const receiver collector;
  {
    const auto exporter = otlp_exporter::make(otlp()
                                                  .endpoint(collector.url() + "/base/")
                                                  .service_name("api")
                                                  .header("authorization", "Bearer collector-key"));
    testing::fake_provider fake({testing::refusal(503), testing::stream_of({"a", "b", "c"})});
    blocking_client client(fake.options().observe(exporter));
    const auto all =
        client
            .stream(chat("m")
                        .user("the prompt")
                        .options(call_options()
                                     .tag("team", "search")
                                     .tag("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")))
            .collect();
    CHECK(all.text() == "abc");
    REQUIRE(exporter->flush(20s));
    CHECK(exporter->stats().spans_sent == 3);
    CHECK(exporter->stats().metrics_sent == 1);
    CHECK(exporter->stats().spans_waiting == 0);
  }
  const auto traces = collector.at("/base/v1/traces");
  REQUIRE(traces.size() == 1);
  CHECK(traces[0].headers.at("authorization") == "Bearer collector-key");
  CHECK(traces[0].headers.at("content-type") == "application/json");
  const auto spans = spans_in(traces[0].body);
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].at("traceId") == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(spans[0].at("parentSpanId") == "00f067aa0ba902b7");
  CHECK(spans[1].at("parentSpanId") == spans[0].at("spanId"));
  CHECK(spans[2].at("parentSpanId") == spans[0].at("spanId"));
  const auto time = [](const json::value& s, const char* name) {
    return std::stoull(std::string(s.at(name).as_string()));
  };
  for (const auto& s : spans) {
    CHECK(time(s, "startTimeUnixNano") <= time(s, "endTimeUnixNano"));
    CHECK(time(s, "startTimeUnixNano") >= time(spans[0], "startTimeUnixNano"));
    CHECK(time(s, "endTimeUnixNano") <= time(spans[0], "endTimeUnixNano") + 1'000'000);
  }
  CHECK(spans[1].at("status").at("code") == 2);
  CHECK(traces[0].body.find("the prompt") == std::string::npos);
  CHECK(traces[0].body.find("collector-key") == std::string::npos);
  const auto metrics = collector.at("/base/v1/metrics");
  REQUIRE(metrics.size() >= 1);
  CHECK(metrics[0].body.find("gen_ai.client.operation.time_per_output_chunk") != std::string::npos);
}

TEST_CASE("spans are sent at every interval, and at once when there are many") {
  const receiver collector;
  const auto exporter = otlp_exporter::make(to(collector).interval(200ms));
  tell(*exporter, some_call());
  REQUIRE(collector.wait_for(2));
  CHECK(count_spans(collector) == 2);
  const receiver other;
  const auto slow = otlp_exporter::make(to(other).interval(1h));
  for (int i = 0; i < 300; ++i)
    tell(*slow, some_call());
  REQUIRE(other.wait_for(1));
  CHECK(count_spans(other) == 512);
  REQUIRE(slow->flush(20s));
  CHECK(count_spans(other) == 600);
}

TEST_CASE("a trace that is not sampled is not sent, and is counted in the metrics") {
  const receiver collector;
  const auto exporter = otlp_exporter::make(to(collector));
  auto r = some_call();
  r.tags = {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}};
  tell(*exporter, r);
  REQUIRE(exporter->flush(20s));
  CHECK(collector.at("/v1/traces").empty());
  CHECK(collector.at("/v1/metrics").size() == 1);
  CHECK(exporter->stats().spans_waiting == 0);
}

TEST_CASE("traces and metrics can be left out") {
  const receiver collector;
  const auto traces = otlp_exporter::make(to(collector).metrics(false));
  tell(*traces, some_call());
  REQUIRE(traces->flush(20s));
  CHECK(collector.requests().size() == 1);
  const auto metrics = otlp_exporter::make(to(collector).traces(false));
  tell(*metrics, some_call());
  REQUIRE(metrics->flush(20s));
  CHECK(collector.at("/v1/traces").size() == 1);
  CHECK(collector.at("/v1/metrics").size() == 1);
}

TEST_CASE("what a collector rejects is counted") {
  const receiver collector([](const received& r, std::size_t) {
    return response(200, r.target == "/v1/traces" ? R"({"partialSuccess":{"rejectedSpans":"1"}})" : "{}");
  });
  const auto exporter = otlp_exporter::make(to(collector));
  tell(*exporter, some_call());
  REQUIRE(exporter->flush(20s));
  CHECK(exporter->stats().spans_sent == 1);
  CHECK(exporter->stats().spans_rejected == 1);
}

TEST_CASE("a collector that hangs holds up no call, and the queue is bounded") {
  const receiver collector([](const received&, std::size_t) { return test::no_answer; });
  const stopwatch time;
  {
    const auto exporter = otlp_exporter::make(to(collector).deadline(1min).grace(300ms).max_waiting_spans(1000));
    for (int i = 0; i < 2000; ++i)
      tell(*exporter, some_call());
    CHECK(time.passed() < 5s);
    const auto before = time.passed();
    CHECK_FALSE(exporter->flush(200ms));
    CHECK(time.passed() - before < 5s);
    const auto s = exporter->stats();
    CHECK(s.spans_dropped == 3000);
    CHECK(s.spans_waiting == 1000);
    CHECK(s.spans_sent == 0);
  }
  CHECK(time.passed() < 20s);
}

TEST_CASE("a collector that answers too late costs its deadline, and is tried again") {
  const receiver collector([](const received&, std::size_t n) { return n == 0 ? test::no_answer : response(200); });
  const auto exporter = otlp_exporter::make(to(collector).metrics(false).deadline(200ms));
  tell(*exporter, some_call());
  REQUIRE(exporter->flush(20s));
  CHECK(exporter->stats().spans_sent == 2);
  CHECK(collector.requests().size() == 2);
}

TEST_CASE("a collector that is busy is asked again, not before its Retry-After") {
  const receiver collector([](const received&, std::size_t n) {
    return n == 0 ? response(503, "{}", "retry-after: 1\r\n") : response(200);
  });
  const auto exporter = otlp_exporter::make(to(collector).metrics(false));
  const stopwatch time;
  tell(*exporter, some_call());
  REQUIRE(exporter->flush(20s));
  CHECK(time.passed() >= 1s);
  CHECK(exporter->stats().spans_sent == 2);
}

TEST_CASE("a collector that refuses costs the spans, and is not asked again") {
  const receiver collector([](const received&, std::size_t) { return response(400, "{\"message\": \"no\"}"); });
  const auto exporter = otlp_exporter::make(to(collector));
  tell(*exporter, some_call());
  REQUIRE(exporter->flush(20s));
  CHECK(collector.requests().size() == 2);
  const auto s = exporter->stats();
  CHECK(s.spans_dropped == 2);
  CHECK(s.metrics_failed == 1);
  CHECK(s.last_error == "it answered with status 400");
}

TEST_CASE("a collector that closes, or is not there, costs the spans once all tries are made") {
  const receiver closing([](const received&, std::size_t) { return test::end_of_connection; });
  for (const auto& url : {closing.url(), test::absent_url()}) {
    const auto exporter = otlp_exporter::make(otlp().endpoint(url).metrics(false));
    testing::fake_provider fake({testing::answer("Hi")});
    blocking_client client(fake.options().observe(exporter));
    const stopwatch time;
    CHECK(client.chat(chat("m").user("x")).text() == "Hi");
    CHECK(time.passed() < 5s);
    REQUIRE(exporter->flush(30s));
    CHECK(exporter->stats().spans_dropped == 2);
    CHECK_FALSE(exporter->stats().last_error.empty());
  }
  CHECK(closing.requests().size() == 4);
}

TEST_CASE("the destructor sends what is left, and takes no longer than it may") {
  const receiver collector;
  {
    const auto exporter = otlp_exporter::make(to(collector).interval(1h));
    tell(*exporter, some_call());
  }
  CHECK(count_spans(collector) == 2);
  const stopwatch time;
  {
    const auto exporter = otlp_exporter::make(otlp().endpoint(test::absent_url()).grace(400ms));
    tell(*exporter, some_call());
  }
  CHECK(time.passed() < 10s);
  const stopwatch none;
  {
    const auto exporter = otlp_exporter::make(otlp().endpoint(test::absent_url()).grace(0s));
  }
  CHECK(none.passed() < 5s);
}

TEST_CASE("settings that cannot work are refused when the exporter is made") {
  const auto code = [](otlp o) {
    try {
      otlp_exporter::make(std::move(o));
    } catch (const error& e) {
      return e.code();
    }
    return error_code();
  };
  CHECK(code(otlp().endpoint("collector:4318")) == errc::malformed_url);
  CHECK(code(otlp().endpoint("http://c.example/?key=1")) == errc::malformed_url);
  CHECK(code(otlp().endpoint("http://c.example").header("api-key", "some-secret")) == errc::insecure);
  CHECK(code(otlp().endpoint("https://c.example").header("api-key", "some-secret").header("x-token", "another-one")) ==
        errc::invalid_configuration);
  CHECK(code(otlp().interval(0s)) == errc::invalid_configuration);
  CHECK(code(otlp().endpoint("https://c.example").header("api-key", "some-secret").grace(0s)) == error_code());
}

TEST_CASE("a source of gauges that throws costs the metrics and nothing else") {
  const receiver collector;
  const auto exporter = otlp_exporter::make(to(collector));
  exporter->gauges([]() -> std::vector<gauge> { throw std::runtime_error("x"); });
  tell(*exporter, some_call());
  REQUIRE(exporter->flush(20s));
  CHECK(exporter->stats().metrics_failed == 1);
  CHECK(exporter->stats().spans_sent == 2);
}

TEST_CASE("no source of gauges runs, or is held, once the destructor has returned") {
  const receiver collector;
  std::atomic<bool> running = false;
  auto held = std::make_shared<int>(1);
  {
    const auto exporter = otlp_exporter::make(to(collector).interval(10ms).grace(0s));
    exporter->gauges([&running, held] {
      running = true;
      std::this_thread::sleep_for(1s); // longer than the destructor waits for the thread
      running = false;
      return std::vector<gauge>();
    });
    const stopwatch time;
    while (!running && time.passed() < 20s)
      std::this_thread::sleep_for(1ms);
    REQUIRE(running);
  }
  CHECK_FALSE(running);
  CHECK(held.use_count() == 1);
}

TEST_CASE("clients on several threads share an exporter, and every span arrives once") {
  const receiver collector;
  const auto exporter = otlp_exporter::make(to(collector).interval(20ms).max_waiting_spans(100'000));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&exporter] {
      for (int i = 0; i < 500; ++i) {
        tell(*exporter, some_call());
        exporter->spent("groq", "llama", "K", "", "USD", 0.5);
        if (i % 100 == 0)
          exporter->flush(1ms);
      }
    });
  for (auto& t : threads)
    t.join();
  REQUIRE(exporter->flush(10s));
  CHECK(exporter->stats().spans_sent == 4000);
  std::set<std::string> ids;
  for (const auto& r : collector.at("/v1/traces"))
    for (const auto& s : spans_in(r.body))
      ids.insert(std::string(s.at("spanId").as_string()));
  CHECK(ids.size() == 4000);
  CHECK(collector.at("/v1/metrics").back().body.find("\"asDouble\":1000.0") != std::string::npos);
}
