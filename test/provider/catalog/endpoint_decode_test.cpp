// What a text-generation server reports about itself.
#include <doctest/doctest.h>

#include <cmath>

#include "provider/catalog/endpoint_decode.hpp"

using namespace weir;
using namespace weir::provider;

namespace {

template <class F>
error_code refusal_of(F f) {
  try {
    f();
  } catch (const error& e) {
    return e.code();
  }
  return {};
}

} // namespace

TEST_CASE("the info of current and older releases is read, and unknown members are kept") {
  const auto now = parse_info(R"({"model_id":"acme/tiny","model_sha":"ab","model_pipeline_tag":"text-generation",
    "max_concurrent_requests":128,"max_best_of":2,"max_stop_sequences":4,"max_input_tokens":1024,"max_total_tokens":2048,
    "validation_workers":2,"max_client_batch_size":4,"router":"text-generation-router","version":"3.3.6","sha":null,
    "docker_label":null,"brand_new":{"a":[1]}})");
  CHECK(now.model_id == "acme/tiny");
  CHECK(now.task == "text-generation");
  CHECK(now.max_input_tokens == 1024);
  CHECK(now.max_total_tokens == 2048);
  CHECK(now.max_best_of == 2);
  CHECK(now.version == "3.3.6");
  CHECK(now.sha.empty());
  REQUIRE(now.more.size() == 1);
  CHECK(now.more[0].first == "brand_new");
  CHECK(now.more[0].second == R"({"a":[1]})");

  const auto old = parse_info(R"({"model_id":"acme/tiny","model_dtype":"torch.float16","model_device_type":"cuda",
    "max_input_length":1000,"max_batch_total_tokens":32000,"waiting_served_ratio":1.2,"max_waiting_tokens":20})");
  CHECK(old.dtype == "torch.float16");
  CHECK(old.device == "cuda");
  CHECK(old.max_input_tokens == 1000);
  CHECK(old.max_batch_total_tokens == 32000);
  CHECK(old.more.size() == 2);
}

TEST_CASE("a response that is not an info is refused") {
  for (const auto* body : {"", "[]", "{}", R"({"hello":1})", "<html>"})
    CHECK(refusal_of([&] { parse_info(body); }) == errc::malformed_response);
}

TEST_CASE("tokens have their ids and offsets") {
  const auto all =
      parse_tokens(R"([{"id":1,"text":"He","start":0,"stop":2},{"id":2,"text":"llo","start":2,"stop":5}])");
  REQUIRE(all.size() == 2);
  CHECK(all[1].id == 2);
  CHECK(all[1].text == "llo");
  CHECK(all[1].start == 2);
  CHECK(all[1].stop == 5);
  CHECK(parse_tokens("[]").empty());
  for (const auto* body : {"{}", "", R"(["a"])", R"([{"text":"no id"}])"})
    CHECK(refusal_of([&] { parse_tokens(body); }) == errc::malformed_response);
}

TEST_CASE("a tokenized chat includes the text of its template") {
  const auto c =
      parse_chat_tokens(R"({"tokenize_response":[{"id":1,"text":"<s>","start":0,"stop":3}],"templated_text":"<s>"})");
  CHECK(c.tokens.size() == 1);
  CHECK(c.templated_text == "<s>");
  CHECK(refusal_of([&] { parse_chat_tokens("[]"); }) == errc::malformed_response);
  CHECK(refusal_of([&] { parse_chat_tokens("{}"); }) == errc::malformed_response);
}

TEST_CASE("a metrics page is read sample by sample") {
  const auto all = parse_metrics("# HELP tgi_queue_size Waiting.\n# TYPE tgi_queue_size gauge\ntgi_queue_size 3\n"
                                 "tgi_request_failure{err=\"validation\"} 2 1395066363000\r\n"
                                 "h_bucket{le=\"+Inf\", path=\"a\\\"b\\\\c\\nd\" ,} +Inf\n\n"
                                 "weird NaN\nthis is no sample\nalso{x=1} 2\ne 1.5e-3\nlow -Inf");
  REQUIRE(all.size() == 6);
  CHECK(all[0].name == "tgi_queue_size");
  CHECK(all[0].value == 3);
  CHECK(all[1].label("err") == "validation");
  CHECK(all[1].value == 2);
  CHECK(all[2].label("le") == "+Inf");
  CHECK(all[2].label("path") == "a\"b\\c d");
  CHECK(all[2].label("none").empty());
  CHECK(std::isinf(all[2].value));
  CHECK(std::isnan(all[3].value));
  CHECK(all[4].value == doctest::Approx(0.0015));
  CHECK(all[5].value < 0);
  CHECK(parse_metrics("").empty());
  CHECK(parse_metrics("# only a comment\n").empty());
  CHECK(refusal_of([] { parse_metrics("<html>no</html>"); }) == errc::malformed_response);
}

TEST_CASE("the health response tells an endpoint scaled to zero from an unhealthy one") {
  CHECK(health_of(failure(errc::overloaded, "").status(503).remote_code("healthcheck")) == endpoint_health::unhealthy);
  CHECK(health_of(failure(errc::loading, "").status(503)) == endpoint_health::starting);
  CHECK(health_of(failure(errc::server_error, "").status(502)) == endpoint_health::starting);
  CHECK(health_of(failure(errc::paused, "").status(400)) == endpoint_health::paused);
  CHECK_FALSE(health_of(failure(errc::server_error, "").status(500).remote_code("generation")).has_value());
  CHECK_FALSE(health_of(failure(errc::unauthorized, "").status(401)).has_value());
  CHECK_FALSE(health_of(failure(errc::connect_failed, "")).has_value());
}

TEST_CASE("a server's own routes are next to its /v1") {
  CHECK(server_root("") == "");
  CHECK(server_root("/") == "");
  CHECK(server_root("/v1") == "");
  CHECK(server_root("/v1/") == "");
  CHECK(server_root("/my/path") == "/my/path");
  CHECK(server_root("/my/v1/chat/completions") == "/my");
  CHECK(server_root("/api/") == "/api");
}
