// Traces and metrics as OTLP's JSON, and what is read from it and from the environment.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include <weir/client/otlp.hpp>
#include <weir/core/error.hpp>

#include "client/otlp/otlp_json.hpp"
#include "client/otlp/trace_context.hpp"
#include "codec/json/json.hpp"
#include "policy/observe/call_metrics.hpp"

using namespace weir;
using namespace std::chrono_literals;
namespace json = codec::json;

namespace {

constexpr auto start = std::chrono::sys_days(std::chrono::year(2026) / 3 / 9) + 61s + 7ms;

json::value parsed(const std::string& text) {
  error_code ec;
  auto v = codec::parse_json(text, ec);
  CHECK_FALSE(ec);
  return v;
}

// Attributes by their names, each as the JSON of its value.
std::map<std::string, std::string> attributes_of(const json::value& v) {
  std::map<std::string, std::string> all;
  for (const auto& one : v.at("attributes").as_array())
    CHECK(all.emplace(std::string(one.at("key").as_string()), codec::to_text(one.at("value"))).second);
  return all;
}

std::string text(const json::value& v, std::string_view name) { return std::string(v.at(name).as_string()); }

call_record retried() {
  call_record r;
  r.operation = "chat";
  r.provider = "groq";
  r.model = "llama";
  r.streamed = true;
  r.started = start;
  r.first_token = 1250ms;
  r.ended = 1500ms;
  r.outcome = outcome::complete;
  r.usage.prompt_tokens = 12;
  r.finish_reason = "stop";
  r.tags = {{"team", "ads"}, {"team", "search \xff"}};
  const auto first = std::make_shared<attempt>();
  first->provider = "groq";
  first->ended = 1s;
  first->status = 503;
  first->failure = failure(errc::overloaded, "groq is busy").remote("the prompt was: secret");
  first->headers.emplace_back("x", "y");
  first->raw = "secret";
  const auto second = std::make_shared<attempt>();
  second->provider = "groq";
  second->number = 2;
  second->begun = 1100ms;
  second->status = 200;
  r.attempts = {first, second};
  return r;
}

json::array spans_of(const std::vector<ended_call>& calls, const otlp_resource& of = otlp_resource()) {
  random_source random(1);
  const auto v = parsed(traces_json(of, calls, random));
  return v.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").as_array();
}

call_record tagged(std::string traceparent) {
  call_record r;
  r.tags = {{"traceparent", std::move(traceparent)}, {"team", "a"}};
  return r;
}

} // namespace

TEST_CASE("a call is a span, with a span for each attempt below it") {
  const auto spans = spans_of({ended_call(retried())});
  REQUIRE(spans.size() == 3);
  const auto& call = spans[0];
  const auto trace = text(call, "traceId"), id = text(call, "spanId");
  CHECK(trace.size() == 32);
  CHECK(id.size() == 16);
  CHECK(trace.find_first_not_of("0123456789abcdef") == trace.npos);
  CHECK(call.as_object().count("parentSpanId") == 0);
  CHECK(text(call, "name") == "chat llama");
  CHECK(call.at("kind").as_int64() == 3);
  CHECK(text(call, "startTimeUnixNano") == "1773014461007000000");
  CHECK(text(call, "endTimeUnixNano") == "1773014462507000000");
  CHECK(call.at("status").as_object().empty());
  const auto a = attributes_of(call);
  CHECK(a.at("gen_ai.operation.name") == R"({"stringValue":"chat"})");
  CHECK(a.at("gen_ai.request.stream") == R"({"boolValue":true})");
  CHECK(a.at("gen_ai.usage.input_tokens") == R"({"intValue":"12"})");
  CHECK(a.at("gen_ai.response.time_to_first_chunk") == R"({"doubleValue":1.25})");
  CHECK(a.at("gen_ai.response.finish_reasons") == R"({"arrayValue":{"values":[{"stringValue":"stop"}]}})");
  CHECK(a.at("weir.tag.team") == "{\"stringValue\":\"search \xef\xbf\xbd\"}");

  std::set<std::string> ids{id};
  for (const std::size_t i : {1u, 2u}) {
    CHECK(text(spans[i], "traceId") == trace);
    CHECK(text(spans[i], "parentSpanId") == id);
    CHECK(spans[i].at("kind").as_int64() == 3);
    ids.insert(text(spans[i], "spanId"));
  }
  CHECK(ids.size() == 3);
  CHECK(text(spans[1], "startTimeUnixNano") == "1773014461007000000");
  CHECK(text(spans[1], "endTimeUnixNano") == "1773014462007000000");
  CHECK(spans[1].at("status").at("code").as_int64() == 2);
  CHECK(text(spans[1].at("status"), "message") == "groq is busy");
  CHECK(attributes_of(spans[1]).at("error.type") == R"({"stringValue":"overloaded"})");
  // One that was abandoned ends with its call.
  CHECK(text(spans[2], "startTimeUnixNano") == "1773014462107000000");
  CHECK(text(spans[2], "endTimeUnixNano") == "1773014462507000000");
  CHECK(codec::to_text(spans).find("secret") == std::string::npos);
}

TEST_CASE("the call is copied: what happens to its attempts later does not show") {
  auto r = retried();
  const ended_call copy(r);
  r.attempts[0]->provider = "changed";
  r.attempts[0]->ended = 5s;
  CHECK(copy.record.attempts[0]->provider == "groq");
  CHECK(copy.record.attempts[0]->ended == 1s);
  CHECK(copy.record.attempts[0]->headers.empty());
  CHECK(copy.record.attempts[0]->raw.empty());
  CHECK(copy.spans() == 3);
}

TEST_CASE("every call has a trace of its own, unless a tag names one") {
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto spans = spans_of({ended_call(tagged(parent)), ended_call(tagged("nonsense")), ended_call(retried())});
  REQUIRE(spans.size() == 5);
  CHECK(text(spans[0], "traceId") == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(text(spans[0], "parentSpanId") == "00f067aa0ba902b7");
  CHECK(spans[1].as_object().count("parentSpanId") == 0);
  CHECK(text(spans[1], "traceId") != text(spans[2], "traceId"));
  for (const std::size_t i : {0u, 1u}) {
    const auto a = attributes_of(spans[i]);
    CHECK(a.contains("weir.tag.team"));
    CHECK_FALSE(a.contains("weir.tag.traceparent"));
  }
}

TEST_CASE("the parent of a span is read as the W3C defines it") {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7";
  const auto good = "00-" + trace + "-" + span;
  REQUIRE(parse_traceparent(good + "-01"));
  CHECK(parse_traceparent(good + "-01")->sampled);
  CHECK(parse_traceparent(good + "-03")->sampled);
  CHECK_FALSE(parse_traceparent(good + "-00")->sampled);
  CHECK_FALSE(parse_traceparent(good + "-0a")->sampled);
  CHECK(parse_traceparent("cc-" + trace + "-" + span + "-01-what-the-future-brings"));
  for (const auto& bad : {std::string(), good, good + "-0", good + "-01-", good + "-01x", good + "-0G",
                          "ff-" + trace + "-" + span + "-01", "00-" + std::string(32, '0') + "-" + span + "-01",
                          "00-" + trace + "-" + std::string(16, '0') + "-01",
                          "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + span + "-01", "cc-" + trace + "-" + span + "-01x",
                          "00_" + trace + "-" + span + "-01", std::string(55, '-'), std::string(55, '0')})
    CHECK_MESSAGE(!parse_traceparent(bad), bad);
}

TEST_CASE("the resource says what the telemetry is of, and each attribute once") {
  otlp_resource of;
  random_source random(1);
  const auto resource = [&] {
    const auto v = parsed(traces_json(of, {}, random));
    return attributes_of(v.at("resourceSpans").at(0).at("resource"));
  };
  CHECK(resource().at("service.name") == R"({"stringValue":"unknown_service"})");
  of.attributes = {{"service.name", "listed"}, {"telemetry.sdk.name", "mine"}, {"region", "eu"}};
  CHECK(resource().at("service.name") == R"({"stringValue":"listed"})");
  CHECK(resource().at("telemetry.sdk.name") == R"({"stringValue":"mine"})");
  CHECK(resource().at("region") == R"({"stringValue":"eu"})");
  of.service_name = "api";
  CHECK(resource().at("service.name") == R"({"stringValue":"api"})");
}

TEST_CASE("metrics are cumulative, and the buckets of a histogram add up to its count") {
  call_metrics m(100);
  for (int i = 0; i < 3; ++i) {
    auto r = retried();
    r.ended = std::chrono::milliseconds(20 * i + 10);
    m.call_begun();
    for (const auto& a : r.attempts)
      m.attempt_ended(r, *a);
    m.call_ended(r);
  }
  m.spent("groq", "llama", "K", "", "USD", 0.125);
  m.gauges([] { return std::vector<gauge>(1, gauge("weir_budget_remaining", 2.5).label("budget", "team")); });
  otlp_resource of;
  const auto v = parsed(metrics_json(of, m.read(), start, start + 10s));
  const auto& scope = v.at("resourceMetrics").at(0).at("scopeMetrics").at(0);
  CHECK(text(scope.at("scope"), "name") == "weir");
  std::map<std::string, json::value> metrics;
  for (const auto& one : scope.at("metrics").as_array()) {
    CHECK(metrics.emplace(text(one, "name"), one).second);
    if (const auto* h = codec::find(one, "histogram")) {
      CHECK(h->at("aggregationTemporality").as_int64() == 2);
      for (const auto& p : h->at("dataPoints").as_array()) {
        std::uint64_t sum = 0;
        for (const auto& n : p.at("bucketCounts").as_array())
          sum += std::stoull(std::string(n.as_string()));
        CHECK(std::to_string(sum) == text(p, "count"));
        CHECK(p.at("bucketCounts").as_array().size() == p.at("explicitBounds").as_array().size() + 1);
        CHECK(text(p, "startTimeUnixNano") == "1773014461007000000");
        CHECK(text(p, "timeUnixNano") == "1773014471007000000");
      }
    }
  }
  const auto& duration = metrics.at("gen_ai.client.operation.duration");
  CHECK(text(duration, "unit") == "s");
  const auto& p = duration.at("histogram").at("dataPoints").at(0);
  CHECK(text(p, "count") == "3");
  CHECK(p.at("sum").as_double() == doctest::Approx(0.09));
  CHECK(attributes_of(p).at("gen_ai.provider.name") == R"({"stringValue":"groq"})");
  CHECK(text(metrics.at("gen_ai.client.token.usage"), "unit") == "{token}");
  const auto& calls = metrics.at("weir.calls").at("sum");
  CHECK(calls.at("isMonotonic").as_bool());
  CHECK(text(calls.at("dataPoints").at(0), "asInt") == "3");
  const auto& cost = metrics.at("weir.cost").at("sum");
  CHECK(cost.at("dataPoints").at(0).at("asDouble").as_double() == 0.125);
  CHECK(cost.at("isMonotonic").as_bool());
  const auto& left = metrics.at("weir_budget_remaining").at("gauge");
  CHECK(left.at("dataPoints").at(0).at("asDouble").as_double() == 2.5);
  CHECK(attributes_of(left.at("dataPoints").at(0)).at("budget") == R"({"stringValue":"team"})");
}

TEST_CASE("a partial success is read, whichever way its number is written") {
  CHECK(rejected_spans(R"({"partialSuccess": {"rejectedSpans": "3", "errorMessage": "x"}})") == 3);
  CHECK(rejected_spans(R"({"partialSuccess": {"rejectedSpans": 4}})") == 4);
  for (const auto* none : {"", "{}", "null", "[", R"({"partialSuccess": {}})", R"({"partialSuccess": 1})",
                           R"({"partialSuccess": {"rejectedSpans": "-3"}})",
                           R"({"partialSuccess": {"rejectedSpans": "99999999999999999999999"}})"})
    CHECK_MESSAGE(rejected_spans(none) == 0, none);
}

TEST_CASE("settings are read from OpenTelemetry's variables") {
  std::map<std::string, std::string> variables;
  const auto read = [&] {
    return otlp::from_environment([&](const char* name) {
      const auto it = variables.find(name);
      return it == variables.end() ? nullptr : it->second.c_str();
    });
  };
  CHECK(read().endpoint().empty());
  CHECK(read().headers().empty());
  variables = {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c.example:4318"},
               {"OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b%3D, x-team = blue ,"},
               {"OTEL_SERVICE_NAME", "api"},
               {"OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod,k=v=w"}};
  using pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(read().endpoint() == "http://c.example:4318");
  CHECK(read().headers() == pairs{{"api-key", "a b="}, {"x-team", "blue"}});
  CHECK(read().service_name() == "api");
  CHECK(read().attributes() == pairs{{"deployment.environment.name", "prod"}, {"k", "v=w"}});
  for (const auto* bad : {"secret", "=secret", "a=secret%2", "a=secret%", "a=%zzsecret", "a=b,secret"}) {
    variables["OTEL_EXPORTER_OTLP_HEADERS"] = bad;
    try {
      read();
      FAIL(bad);
    } catch (const error& e) {
      CHECK(e.code() == errc::invalid_configuration);
      const std::string what = e.what();
      CHECK(what.find("OTEL_EXPORTER_OTLP_HEADERS") != what.npos);
      CHECK(what.find("secret") == what.npos);
    }
  }
}
