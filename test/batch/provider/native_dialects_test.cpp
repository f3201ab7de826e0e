// The batch APIs of their own form: Anthropic, Gemini, Fireworks, xAI.
#include <doctest/doctest.h>

#include "batch/provider/dialect_support.hpp"

using namespace weir;
using namespace weir::vendor_batch;
using test::body;
using test::dialect_at;
using test::hello;
using test::two_lines;

TEST_CASE("an API with chats of its own is refused for a server whose chats are others") {
  for (const char* api : {"anthropic", "gemini"}) {
    CAPTURE(api);
    CHECK_THROWS_AS(dialect_at("", "http://127.0.0.1:1/v1", api), error);
    CHECK_THROWS_AS(dialect_at("openai", "", api), error);
    CHECK(dialect_at(api, "http://127.0.0.1:1", api));
    CHECK(dialect_at(api, "", {}));
  }
}

TEST_CASE("Anthropic: the requests are in the creation, and the results at a URL") {
  const auto d = dialect_at("anthropic");
  CHECK(d->upload_steps() == 0);
  CHECK(d->search() == search_by::results);
  const auto made = d->create(two_lines(*d));
  CHECK(made.target == "/v1/messages/batches");
  CHECK(made.auth->header == "x-api-key");
  CHECK(made.headers.get("anthropic-version") == "2023-06-01");
  CHECK(made.body.starts_with(R"({"requests":[{"custom_id":"tag-0","params":{)"));
  CHECK(made.body.find(R"(},{"custom_id":"tag-1","params":{)") != std::string::npos);
  CHECK(made.body.find("stream") == std::string::npos);
  CHECK(d->poll("msgbatch_1").target == "/v1/messages/batches/msgbatch_1");
  CHECK(d->list("msgbatch_1").target == "/v1/messages/batches?limit=100&after_id=msgbatch_1");
}

TEST_CASE("Anthropic: counts of zero are no counts, and an end without answers is not a success") {
  const auto d = dialect_at("anthropic");
  auto b = d->batch(body(R"({"id":"m","processing_status":"in_progress","created_at":"2026-11-28T10:00:00Z",
    "request_counts":{"processing":0,"succeeded":0,"errored":0,"canceled":0,"expired":0},"results_url":null})"));
  CHECK(b.state == batch_state::running);
  CHECK(!b.total);
  CHECK(!b.completed);
  CHECK(b.created == 1795860000);
  b = d->batch(body(R"({"id":"m","processing_status":"ended","results_url":"https://api.anthropic.com/x?y=1",
    "request_counts":{"processing":0,"succeeded":3,"errored":1,"canceled":0,"expired":2}})"));
  CHECK(b.state == batch_state::completed);
  CHECK(b.total == 6u);
  CHECK(d->fetch(b.places.at(0)).target == "/x?y=1");
  CHECK(d->fetch(b.places.at(0)).auth);
  b = d->batch(body(R"({"id":"m","processing_status":"ended","results_url":"https://elsewhere.example/x",
    "request_counts":{"processing":0,"succeeded":0,"errored":0,"canceled":0,"expired":2}})"));
  CHECK(b.state == batch_state::expired);
  CHECK(!d->fetch(b.places.at(0)).auth); // no key to another origin
}

TEST_CASE("Anthropic: results") {
  const auto d = dialect_at("anthropic");
  auto r = d->result(R"({"custom_id":"t-0","result":{"type":"succeeded","message":{"id":"m"}}})");
  CHECK(r.what == line_result::kind::answered);
  CHECK(r.body == R"({"id":"m"})");
  for (const auto* type : {"canceled", "expired"})
    CHECK(d->result(R"({"custom_id":"t-0","result":{"type":")" + std::string(type) + "\"}}").what ==
          line_result::kind::not_run);
  r = d->result(R"({"custom_id":"t-0","result":{"type":"errored","error":{"type":"error",
    "error":{"type":"invalid_request_error","message":"max_tokens"}}}})");
  CHECK(r.what == line_result::kind::failed);
  CHECK(r.why.remote() == "max_tokens");
  CHECK(r.why.code() == condition::refused);
}

TEST_CASE("Gemini: a resumable upload, an operation, and a file of responses") {
  const auto d = dialect_at("gemini");
  const auto s = two_lines(*d);
  CHECK(s.content.starts_with(R"({"key":"tag-0","request":{)"));
  REQUIRE(d->upload_steps() == 2);
  const auto start = d->upload(s, {});
  CHECK(start.target == "/upload/v1beta/files");
  CHECK(start.headers.get("x-goog-upload-header-content-length") == std::to_string(s.content.size()));
  auto began = body("");
  began.headers.set("x-goog-upload-url", "https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=7");
  const auto bytes = d->upload(s, {began});
  CHECK(bytes.target == "/upload/v1beta/files?upload_id=7");
  CHECK(bytes.body == s.content);
  CHECK(d->uploaded(s, {began, body(R"({"file":{"name":"files/abc","uri":"u"}})")}) == "files/abc");
  CHECK_THROWS_AS(d->upload(s, {body("")}), error); // no URL
  const auto made = d->create(s);
  CHECK(made.target == "/v1beta/models/model-1:batchGenerateContent");
  CHECK(made.body == R"({"batch":{"display_name":"weir-tag-1","input_config":{"file_name":"file-7"}}})");
  CHECK(d->poll("batches/9").target == "/v1beta/batches/9");
  CHECK(d->fetch("files/out").target == "/download/v1beta/files/out:download?alt=media");
  auto b =
      d->batch(body(R"({"name":"batches/9","done":true,"metadata":{"state":"BATCH_STATE_SUCCEEDED","displayName":"n",
    "batchStats":{"requestCount":"2","successfulRequestCount":"2"}},"response":{"responsesFile":"files/out"}})"));
  CHECK(b.state == batch_state::completed);
  CHECK(b.nonce == "n");
  CHECK(b.completed == 2u);
  CHECK(b.places == std::vector<result_place>{"files/out"});
  b = d->batch(body(R"({"name":"batches/9","metadata":{"state":"JOB_STATE_PENDING"}})"));
  CHECK(b.state == batch_state::validating);
  // It has answers that nobody can have.
  b = d->batch(body(R"({"name":"batches/9","metadata":{"state":"BATCH_STATE_CANCELLED",
    "batchStats":{"requestCount":"2","successfulRequestCount":"1"}}})"));
  CHECK(b.state == batch_state::cancelled);
  CHECK(!b.completed);
  b = d->batch(body(R"({"name":"batches/9","done":true,"error":{"code":3,"message":"bad file"},"metadata":{}})"));
  CHECK(b.state == batch_state::failed);
  CHECK(d->batch(body("{}")).id.empty()); // of a cancellation
}

TEST_CASE("Gemini: lines of results") {
  const auto d = dialect_at("gemini");
  CHECK(d->result(R"({"key":"t-0","response":{"candidates":[]}})").what == line_result::kind::answered);
  CHECK(d->result(R"({"metadata":{"key":"t-0"},"response":{}})").custom_id == "t-0");
  const auto r = d->result(R"({"key":"t-0","error":{"code":429,"message":"slow"}})");
  CHECK(r.why.code() == errc::rate_limited);
  CHECK(d->result(R"({"key":"t-0","error":{"code":1,"message":"cancelled"}})").what == line_result::kind::not_run);
}

TEST_CASE("Fireworks: datasets, a job under our own id, and signed URLs") {
  const auto d = dialect_at("fireworks-ai", {}, {}, "acme");
  const auto s = two_lines(*d);
  CHECK(d->upload(s, {}).target == "/v1/accounts/acme/datasets");
  CHECK(d->upload(s, {body("{}")}).target == "/v1/accounts/acme/datasets/weir-tag-1:upload");
  CHECK(d->is_repeat(0, 409));
  CHECK(!d->is_repeat(1, 409));
  CHECK(d->create(s).target == "/v1/accounts/acme/batchInferenceJobs?batchInferenceJobId=weir-tag-1");
  auto b = d->batch(body(R"({"name":"accounts/acme/batchInferenceJobs/weir-tag-1","state":"JOB_STATE_EXPIRED",
    "outputDatasetId":"accounts/acme/datasets/weir-tag-1-out","jobProgress":{"totalInputRequests":"4"}})"));
  CHECK(b.state == batch_state::expired);
  CHECK(b.id == "weir-tag-1");
  CHECK(b.nonce == "weir-tag-1");
  CHECK(b.total == 4u);
  REQUIRE(b.places.size() == 1);
  CHECK(d->fetch(b.places[0]).target == "/v1/accounts/acme/datasets/weir-tag-1-out:getDownloadEndpoint");
  CHECK(!d->gives_lines(b.places[0]));
  const auto u = d->unpack(b.places[0], body(R"({"filenameToSignedUrls":{"a":"https://store.example/a?s=1"}})"));
  REQUIRE(u.further.size() == 1);
  CHECK(d->gives_lines(u.further[0]));
  CHECK(d->fetch(u.further[0]).to.text() == "https://store.example");
  CHECK(!d->fetch(u.further[0]).auth);
  CHECK(d->batch(body(R"({"name":"a/b/c","state":"JOB_STATE_RE_QUEUEING"})")).state == batch_state::running);
}

TEST_CASE("xAI: a state from counts, and results in pages") {
  const auto d = dialect_at("", "https://api.x.ai/v1");
  CHECK(d->name() == "xai");
  const auto state = [&d](const char* text) { return d->batch(body(text)).state; };
  CHECK(state(R"({"batch_id":"b","state":{"num_requests":0}})") == batch_state::validating);
  CHECK(state(R"({"batch_id":"b","state":{"num_requests":3,"num_pending":1}})") == batch_state::running);
  CHECK(state(R"({"batch_id":"b","state":{"num_requests":3,"num_pending":0}})") == batch_state::completed);
  CHECK(state(R"({"batch_id":"b","num_requests":3,"num_pending":1,"cancel_time":"2026-11-28"})") ==
        batch_state::finalizing);
  CHECK(state(R"({"batch_id":"b","num_requests":3,"num_pending":0,"cancel_time":"2026-11-28"})") ==
        batch_state::cancelled);
  CHECK(state(R"({"batch_id":"b","cancel_time":"2026-11-28","cancel_by_xai_message":"The batch expired."})") ==
        batch_state::expired);
  const auto refused =
      d->batch(body(R"({"batch_id":"b","cancel_time":"2026-11-28","cancel_by_xai_message":"line 2"})"));
  CHECK(refused.state == batch_state::failed);
  CHECK(refused.problems.at(0).message == "line 2");
  CHECK(refused.created == 0); // a date alone says no time
  CHECK(d->fetch("b").target == "/v1/batches/b/results?limit=1000");
  const auto u = d->unpack("b", body(R"({"results":[{"batch_request_id":"t-0"}],"pagination_token":"a b/c"})"));
  REQUIRE(u.further.size() == 1);
  CHECK(d->fetch(u.further[0]).target == "/v1/batches/b/results?limit=1000&pagination_token=a%20b%2Fc");
  CHECK(d->unpack("b", body(R"({"results":[],"pagination_token":"x"})")).further.empty());
  auto r = d->result(R"({"batch_request_id":"t-0","batch_result":{"response":{"chat_get_completion":{"id":"c"}}}})");
  CHECK(r.custom_id == "t-0");
  CHECK(r.body == R"({"id":"c"})");
  r = d->result(R"({"batch_request_id":"t-0","batch_result":{"error":{"code":503,"message":"busy"}}})");
  CHECK(r.why.code() == condition::transient);
}
