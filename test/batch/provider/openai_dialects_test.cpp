// OpenAI's shape, and those that are close to it: Mistral, Together, OpenRouter.
#include <doctest/doctest.h>

#include "batch/provider/dialect_support.hpp"

using namespace weir;
using namespace weir::vendor_batch;
using test::body;
using test::dialect_at;
using test::hello;
using test::two_lines;

TEST_CASE("OpenAI: requests are where the vendor has them, with its key") {
  const auto d = dialect_at("openai");
  CHECK(d->name() == "openai");
  CHECK(d->line(hello(), "t-0") ==
        R"({"custom_id":"t-0","method":"POST","url":"/v1/chat/completions","body":{"model":"model-1",)"
        R"("messages":[{"role":"user","content":"Hello \"you\"\nthere"}],"max_completion_tokens":16}})");
  const auto s = two_lines(*d);
  const auto up = d->upload(s, {});
  CHECK(up.method == "POST");
  CHECK(up.target == "/v1/files");
  CHECK(up.to.text() == "https://api.openai.com");
  CHECK(up.auth->key.reveal() == "sk-0123456789abcdef");
  CHECK(up.headers.get("content-type").starts_with("multipart/form-data; boundary="));
  CHECK(up.body.find("name=\"purpose\"\r\n\r\nbatch\r\n") != std::string::npos);
  CHECK(up.body.find(s.content) != std::string::npos);
  CHECK(d->uploaded(s, {body(R"({"id":"file-7","object":"file"})")}) == "file-7");
  const auto made = d->create(s);
  CHECK(made.target == "/v1/batches");
  CHECK(made.body == R"({"input_file_id":"file-7","endpoint":"/v1/chat/completions","completion_window":"24h",)"
                     R"("metadata":{"weir_part":"weir-tag-1","weir_sha256":")" +
                         s.sha256 + "\"}}");
  CHECK(d->poll("batch_1").target == "/v1/batches/batch_1");
  CHECK(d->list("batch_1").target == "/v1/batches?limit=100&after=batch_1");
  CHECK(d->cancel("batch_1")->target == "/v1/batches/batch_1/cancel");
  CHECK(d->fetch("file-9").target == "/v1/files/file-9/content");
  CHECK(d->remove_input("file-7").front().method == "DELETE");
}

TEST_CASE("OpenAI's API is found at other vendors, and at servers of one's own") {
  CHECK(dialect_at("groq")->poll("b").target == "/openai/v1/batches/b");
  CHECK(dialect_at("groq")->limits().bytes == 100u << 20);
  CHECK(dialect_at("deepinfra")->poll("b").target == "/v1/openai/batches/b");
  CHECK(dialect_at("novita")->poll("b").target == "/openai/v1/batches/b");
  CHECK(dialect_at("novita")->limits().window == std::chrono::hours(48));
  CHECK(dialect_at("", "https://llm.example.org/v1")->poll("b").target == "/v1/batches/b");
  CHECK(dialect_at("openai-responses")->line(hello(), "t-0").find("\"url\":\"/v1/responses\"") != std::string::npos);
}

TEST_CASE("Azure: a batch is beside the deployments, and keeps the version") {
  const auto d =
      dialect_at("", "https://x.openai.azure.com/openai/deployments/mine/chat/completions?api-version=2026-01-01");
  CHECK(d->poll("b").target.starts_with("/openai/batches/b"));
  CHECK(d->line(hello(), "t-0").find("\"url\":\"/chat/completions\"") != std::string::npos);
}

TEST_CASE("what has no batch API is refused before anything is sent") {
  CHECK_THROWS_AS(dialect_at("cohere-v2"), error);
  CHECK_THROWS_AS(dialect_at("openai", {}, "nosuch"), error);
  CHECK_THROWS_AS(dialect_at("fireworks-ai"), error); // without its account
  CHECK_THROWS_AS(dialect_at("openai")->poll("../files/x"), error);
  CHECK_THROWS_AS(dialect_at("openai")->poll("b?x=1"), error);
}

TEST_CASE("OpenAI: states, counts, files and problems of a batch") {
  const auto d = dialect_at("openai");
  auto b = d->batch(body(R"({"id":"b","status":"in_progress","request_counts":{"total":9,"completed":4,"failed":1},
    "metadata":{"weir_part":"weir-tag-1"},"input_file_id":"file-7","created_at":1790000000})"));
  CHECK(b.state == batch_state::running);
  CHECK(b.total == 9u);
  CHECK(b.completed == 4u);
  CHECK(b.nonce == "weir-tag-1");
  CHECK(b.input_file == "file-7");
  CHECK(b.created == 1790000000);
  b = d->batch(body(R"({"id":"b","status":"completed","output_file_id":null,"error_file_id":"e","metadata":null})"));
  CHECK(b.state == batch_state::completed);
  CHECK(b.places == std::vector<result_place>{"e"});
  b = d->batch(body(R"({"id":"b","status":"expired","output_file_id":"o","error_file_id":"e"})"));
  CHECK(b.state == batch_state::expired);
  CHECK(b.places.size() == 2);
  b = d->batch(body(R"({"id":"b","status":"failed","errors":{"data":[{"code":"token_limit_exceeded","message":"m"},
    {"code":"invalid_json_line","message":"n","line":3}]}})"));
  CHECK(b.state == batch_state::failed);
  CHECK(b.problems.at(0).code == "token_limit_exceeded");
  CHECK(b.problems.at(1).line == 3u);
  CHECK(d->batch(body(R"({"id":"b","status":"PROGRESS"})")).state == batch_state::running);
  CHECK(d->batch(body(R"({"id":"b","status":"something_new"})")).state == batch_state::running);
  CHECK(d->batch(body(R"({"id":"b","status":"cancelling"})")).state == batch_state::finalizing);
  CHECK_THROWS_AS(d->batch(body("<html>")), error);
}

TEST_CASE("an error in place of a batch, with status 200, says that it is gone") {
  try {
    dialect_at("openai")->batch(body(R"({"error":{"message":"batch not found","code":"not_found"}})"));
    FAIL("it was read");
  } catch (const error& e) {
    CHECK(e.code() == errc::not_found);
    CHECK(e.failure().status() == 404);
  }
}

TEST_CASE("OpenAI: lines of results") {
  const auto d = dialect_at("openai");
  auto r =
      d->result(R"({"custom_id":"t-1","response":{"status_code":200,"request_id":"q","body":{"a":1}},"error":null})");
  CHECK(r.what == line_result::kind::answered);
  CHECK(r.custom_id == "t-1");
  CHECK(r.body == R"({"a":1})");
  CHECK(r.request_id == "q");
  r = d->result(
      R"({"custom_id":"t-1","response":{"status_code":429,"body":{"error":{"message":"slow"}}},"error":null})");
  CHECK(r.what == line_result::kind::failed);
  CHECK(r.why.code() == errc::rate_limited);
  r = d->result(R"({"custom_id":"t-1","response":{"status_code":400,"body":{"error":{"message":"no"}}}})");
  CHECK(r.why.code() == errc::bad_request);
  CHECK(r.why.remote() == "no");
  for (const auto* code : {"batch_expired", "batch_cancelled"}) {
    r = d->result(R"({"custom_id":"t-1","response":null,"error":{"code":")" + std::string(code) +
                  R"(","message":"m"}})");
    CHECK(r.what == line_result::kind::not_run);
  }
  r = d->result(R"({"custom_id":"t-1","response":null,"error":null})");
  CHECK(r.what == line_result::kind::failed);
  CHECK_THROWS_AS(d->result("half of a li"), error);
  // A key that a server quotes goes no further.
  r = d->result(R"({"custom_id":"t-1","response":{"status_code":401,"body":{"error":{"message":"bad key )"
                R"(sk-0123456789abcdef"}}}})");
  CHECK(r.why.remote().find("sk-0123456789abcdef") == std::string::npos);
}

TEST_CASE("Mistral: jobs of its own form, with numbered pages") {
  const auto d = dialect_at("", "https://api.mistral.ai/v1");
  CHECK(d->name() == "mistral");
  const auto s = two_lines(*d);
  CHECK(d->create(s).target == "/v1/batch/jobs");
  CHECK(d->create(s).body.find(R"("input_files":["file-7"],"model":"model-1","endpoint":"/v1/chat/completions",)"
                               R"("timeout_hours":24)") != std::string::npos);
  const auto b = d->batch(body(R"({"id":"j","status":"TIMEOUT_EXCEEDED","output_file":"o","error_file":null,
    "total_requests":5,"succeeded_requests":2,"failed_requests":1,"metadata":{"weir_part":"n"},"input_files":["f"]})"));
  CHECK(b.state == batch_state::expired);
  CHECK(b.completed == 2u);
  CHECK(b.nonce == "n");
  CHECK(b.input_file == "f");
  CHECK(b.places == std::vector<result_place>{"o"});
  std::string all = R"({"data":[)";
  for (int n = 0; n < 100; ++n)
    all += (n ? "," : "") + std::string(R"({"id":"j","status":"RUNNING"})");
  CHECK(d->page("", body(all + "]}")).next == "1");
  CHECK(d->page("4", body(all + "]}")).next == "5");
  CHECK(d->page("5", body(R"({"data":[]})")).next.empty());
}

TEST_CASE("Together: an envelope, capitals and a bare list") {
  const auto d = dialect_at("together");
  CHECK(d->upload(two_lines(*d), {}).target == "/v1/files/upload");
  const auto b = d->batch(body(R"({"job":{"id":"j","status":"COMPLETED","input_file_id":"file-7","output_file_id":"o",
    "created_at":"2026-11-28T10:00:00Z"},"warning":""})"));
  CHECK(b.state == batch_state::completed);
  CHECK(b.created == 1795860000);
  CHECK(b.input_file == "file-7");
  const auto p =
      d->page("", body(R"([{"id":"a","status":"FAILED","error":"bad file"},{"id":"b","status":"CANCELLED"}])"));
  REQUIRE(p.batches.size() == 2);
  CHECK(p.batches[0].problems.at(0).message == "bad file");
  CHECK(p.batches[1].state == batch_state::cancelled);
}

TEST_CASE("OpenRouter: requests and results inside of the batch") {
  const auto d = dialect_at("", "https://openrouter.ai/api/v1");
  CHECK(d->name() == "openrouter");
  CHECK(d->search() == search_by::results);
  const auto made = d->create(two_lines(*d));
  CHECK(made.target == "/api/v1/batches");
  CHECK(made.body.starts_with(
      R"({"endpoint":"/v1/chat/completions","model":"model-1","requests":[{"custom_id":"tag-0","body":{)"));
  CHECK(made.body.ends_with("}]}"));
  const auto b = d->batch(body(R"({"id":"b","status":"completed"})"));
  CHECK(b.places == std::vector<result_place>{"b"});
  const auto u = d->unpack("b", body(R"({"id":"b","results":[{"custom_id":"tag-0","response":{"choices":[]}},
    {"custom_id":"tag-1","error":{"code":500,"message":"m"}}]})"));
  REQUIRE(u.lines.size() == 2);
  CHECK(d->result(u.lines[0]).what == line_result::kind::answered);
  CHECK(d->result(u.lines[0]).body == R"({"choices":[]})");
  CHECK(d->result(u.lines[1]).why.code() == errc::server_error);
  const auto error_of = [](const char* type) {
    return R"({"custom_id":"tag-1","response":null,"error":{"message":"m","type":")" + std::string(type) + "\"}}";
  };
  CHECK(d->result(error_of("provider_error")).why.code() == errc::server_error);
  CHECK(d->result(error_of("batch_expired")).what == line_result::kind::not_run);
}
