// Batches as Together, Novita, Mistral, Fireworks, xAI and OpenRouter have them.
#include <doctest/doctest.h>

#include "sim/batches/fixture.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;
using namespace std::chrono_literals;

namespace {

const std::string chats = "/v1/chat/completions";

std::string live(fixture& f, std::string_view id) {
  return said(f.chat(chat_body("question " + std::string(id.substr(1)))).as_json());
}

settings slow() {
  auto how = at_once();
  how.batches.run = 1h;
  return how;
}

} // namespace

TEST_CASE("a Together batch goes through its upload and its states in upper case") {
  batches_fixture f;
  const auto file = f.form("/together/v1/files/upload", plain_lines(4), "batch-api").as_json();
  CHECK(file.at("processed").as_bool());
  CHECK(number(file, "line_count") == 4);
  const auto r = f.call("POST", "/together/v1/batches",
                        R"({"input_file_id":")" + text(file, "id") + R"(","endpoint":"/v1/chat/completions"})",
                        "x-fault: batch-error-lines:25\r\n");
  CHECK(r.status == 201);
  const auto id = text(r.as_json().at("job"), "id");
  const auto job = f.json("GET", "/together/v1/batches/" + id);
  CHECK(text(job, "status") == "COMPLETED");
  CHECK(f.json("GET", "/together/v1/batches").as_array().size() == 1);
  const auto out = by_id(f.call("GET", "/together/v1/files/" + text(job, "output_file_id") + "/content").body);
  REQUIRE(out.size() == 3);
  for (const auto& [id, line] : out)
    CHECK(said(line.at("response").at("body")) == live(f, id));
  CHECK(by_id(f.call("GET", "/together/v1/files/" + text(job, "error_file_id") + "/content").body).size() == 1);
  const auto gone = f.call("GET", "/together/v1/batches/none");
  CHECK(gone.status == 404);
  CHECK(gone.as_json().at("error").is_string());
}

TEST_CASE("a Together file is uploaded in three steps, too, and says whose batch it is without a prefix") {
  batches_fixture f;
  const auto begun = f.call("POST", "/v1/files?purpose=batch-api&file_name=in.jsonl&file_type=jsonl", {},
                            "content-type: application/x-www-form-urlencoded\r\n");
  CHECK(begun.status == 302);
  const auto id = begun.headers.at("x-together-file-id");
  CHECK(f.call("POST", "/v1/files/" + id + "/preprocess").status == 400);
  CHECK(f.at(begun.headers.at("location"), "PUT", plain_lines(2)).status == 200);
  CHECK(f.json("POST", "/v1/files/" + id + "/preprocess").at("processed").as_bool());
  const auto job =
      f.json("POST", "/v1/batches", R"({"input_file_id":")" + id + R"(","endpoint":"/v1/chat/completions"})").at("job");
  CHECK(text(f.json("GET", "/v1/batches/" + text(job, "id")), "status") == "COMPLETED");
}

TEST_CASE("a Novita batch is OpenAI's with other names of its states") {
  auto how = at_once();
  how.batches.run = 60ms;
  batches_fixture f(how);
  const auto file = f.upload(plain_lines(2), "/novita/openai/v1");
  const auto b =
      f.json("POST", "/novita/openai/v1/batches",
             R"({"input_file_id":")" + file + R"(","endpoint":"/v1/chat/completions","completion_window":"48h"})");
  CHECK(text(b, "status") == "PROGRESS");
  CHECK(eventually(
      [&] { return text(f.json("GET", "/novita/openai/v1/batches/" + text(b, "id")), "status") == "COMPLETED"; }));
}

TEST_CASE("a Mistral job of a file has its results in files") {
  batches_fixture f;
  const auto file = f.upload(plain_lines(4), "/mistral/v1");
  const auto job = f.json("POST", "/mistral/v1/batch/jobs",
                          R"({"input_files":[")" + file +
                              R"("],"endpoint":"/v1/chat/completions","model":"m","metadata":{"a":"b"}})",
                          "x-fault: batch-error-lines:25\r\n");
  const auto seen = f.json("GET", "/mistral/v1/batch/jobs/" + text(job, "id"));
  CHECK(text(seen, "status") == "SUCCESS");
  CHECK(number(seen, "total_requests") == 4);
  CHECK(number(seen, "succeeded_requests") == 3);
  CHECK(number(seen, "failed_requests") == 1);
  CHECK(number(seen.at("errors").at(0), "count") == 1);
  CHECK(text(seen.at("metadata"), "a") == "b");
  const auto out = by_id(f.call("GET", "/mistral/v1/files/" + text(seen, "output_file") + "/content").body);
  REQUIRE(out.size() == 3);
  for (const auto& [id, line] : out)
    CHECK(said(line.at("response").at("body")) == live(f, id));
  CHECK(by_id(f.call("GET", "/mistral/v1/files/" + text(seen, "error_file") + "/content").body).size() == 1);
  const auto url = text(f.json("GET", "/mistral/v1/files/" + text(seen, "output_file") + "/url"), "url");
  CHECK(by_id(f.at(url).body).size() == 3);
}

TEST_CASE("a Mistral job inline has its outputs in the job, and takes the model for every body") {
  batches_fixture f;
  const auto job = f.json(
      "POST", "/v1/batch/jobs",
      R"({"requests":[{"custom_id":"a","body":{"messages":[{"role":"user","content":"Hi"}]}},)"
      R"({"body":{"messages":[{"role":"user","content":"Ho"}]}}],"endpoint":"/v1/chat/completions","model":"mi"})");
  const auto path = "/v1/batch/jobs/" + text(job, "id");
  CHECK(f.json("GET", path).at("outputs").is_null());
  const auto seen = f.json("GET", path + "?inline=true");
  REQUIRE(seen.at("outputs").as_array().size() == 2);
  CHECK(text(seen.at("outputs").at(0).at("response").at("body"), "model") == "mi");
  CHECK(f.json("GET", "/v1/batch/jobs?status=SUCCESS").at("data").as_array().size() == 1);
  CHECK(f.json("GET", "/v1/batch/jobs?status=FAILED").at("data").as_array().empty());
  f.json("DELETE", path);
  CHECK(f.call("GET", path).status == 404);
}

TEST_CASE("a Mistral job times out, is cancelled, and fails, each with its own state") {
  batches_fixture f;
  const auto make = [](batches_fixture& f, const std::string& lines, std::string_view headers = {}) {
    return "/v1/batch/jobs/" +
           text(f.json("POST", "/v1/batch/jobs",
                       R"({"input_files":[")" + f.upload(lines) + R"("],"endpoint":"/v1/chat/completions"})", headers),
                "id");
  };
  const auto late = f.json("GET", make(f, plain_lines(4), "x-fault: batch-expired\r\n"));
  CHECK(text(late, "status") == "TIMEOUT_EXCEEDED");
  CHECK(by_id(f.call("GET", "/v1/files/" + text(late, "output_file") + "/content").body).size() == 2);
  CHECK(text(f.json("GET", make(f, "no json")), "status") == "FAILED");
  batches_fixture waiting(slow());
  const auto path = make(waiting, plain_lines(4));
  CHECK(text(waiting.json("POST", path + "/cancel"), "status") == "CANCELLED");
  CHECK(waiting.call("POST", path + "/cancel").status == 400);
}

namespace {

class fireworks_fixture : public batches_fixture {
public:
  using batches_fixture::batches_fixture;
  const std::string base = "/v1/accounts/acc";

  void dataset(const std::string& id, const std::string& lines) {
    json("POST", base + "/datasets", R"({"datasetId":")" + id + R"(","dataset":{"userUploaded":{}}})");
    const auto urls = json("POST", base + "/datasets/" + id + ":getUploadEndpoint",
                           R"({"filenameToSize":{"in.jsonl":)" + std::to_string(lines.size()) + "}}");
    CHECK(call("POST", base + "/datasets/" + id + ":validateUpload", "{}").status == 400);
    CHECK(at(text(urls.at("filenameToSignedUrls"), "in.jsonl"), "PUT", lines).status == 200);
    json("POST", base + "/datasets/" + id + ":validateUpload", "{}");
    CHECK(text(json("GET", base + "/datasets/" + id), "state") == "READY");
  }
  codec::json::value job(const std::string& body, std::string_view headers = {}) {
    const auto made = json("POST", base + "/batchInferenceJobs", body, headers);
    return json("GET", "/v1/" + text(made, "name"));
  }
  /// A file of a dataset.
  std::string content(const std::string& dataset, std::string_view file) {
    const auto urls = json("GET", "/v1/" + dataset + ":getDownloadEndpoint").at("filenameToSignedUrls");
    return urls.as_object().contains(file) ? at(text(urls, file)).body : std::string();
  }
};

} // namespace

TEST_CASE("a Fireworks job goes from dataset to dataset") {
  fireworks_fixture f;
  f.dataset("in", plain_lines(4));
  const auto job = f.job(R"({"model":"accounts/fireworks/models/m","inputDatasetId":"in","outputDatasetId":"out",)"
                         R"("inferenceParameters":{"maxTokens":2,"extraBody":"{\"temperature\":0}"}})",
                         "x-fault: batch-error-lines:25\r\n");
  CHECK(text(job, "state") == "JOB_STATE_COMPLETED");
  CHECK(number(job.at("jobProgress"), "percent") == 100);
  CHECK(number(job.at("jobProgress"), "failedRequests") == 1);
  const auto out = by_id(f.content(text(job, "outputDatasetId"), "BIJOutputSet.jsonl"));
  REQUIRE(out.size() == 3);
  // A limit that holds for every line.
  CHECK(number(out.begin()->second.at("response").at("usage"), "completion_tokens") == 2);
  const auto bad = by_id(f.content(text(job, "outputDatasetId"), "error-data.jsonl"));
  REQUIRE(bad.size() == 1);
  CHECK(number(bad.begin()->second.at("error"), "code") == 500);
}

TEST_CASE("an expired Fireworks job is continued where it stopped, twice over") {
  fireworks_fixture f;
  f.dataset("in", plain_lines(8));
  const auto expires = "x-fault: batch-expired:50\r\n";
  const auto first = f.job(R"({"model":"m","inputDatasetId":"in"})", expires);
  CHECK(text(first, "state") == "JOB_STATE_EXPIRED");
  const auto next = [](const codec::json::value& job) {
    return R"({"model":"m","continuedFromJobName":")" + text(job, "name") + "\"}";
  };
  const auto second = f.job(next(first), expires);
  const auto third = f.job(next(second));
  CHECK(text(third, "continuedFromJobName") == text(second, "name"));
  std::map<std::string, int> ids;
  for (const auto* job : {&first, &second, &third})
    for (const auto& [id, line] : by_id(f.content(text(*job, "outputDatasetId"), "BIJOutputSet.jsonl")))
      ++ids[id];
  CHECK(ids.size() == 8);
  for (const auto& [id, n] : ids)
    CHECK(n == 1);
  CHECK(number(f.told(), "lines_repeated") == 0);
}

TEST_CASE("a Fireworks dataset can be uploaded with a form, and a job of nothing is refused") {
  fireworks_fixture f;
  f.json("POST", f.base + "/datasets", R"({"datasetId":"d"})");
  CHECK(f.call("POST", f.base + "/batchInferenceJobs", R"({"model":"m","inputDatasetId":"d"})").status == 400);
  CHECK(f.form(f.base + "/datasets/d:upload", plain_lines(1)).status == 200);
  CHECK(text(f.json("GET", f.base + "/datasets/d"), "exampleCount") == "1");
  CHECK(f.call("POST", f.base + "/datasets", R"({"datasetId":"d"})").status == 409);
  CHECK(number(f.call("GET", f.base + "/datasets/none").as_json(), "code") == 5);
  f.json("DELETE", f.base + "/datasets/d");
  CHECK(f.call("GET", f.base + "/datasets/d").status == 404);
}

TEST_CASE("a signed URL refuses a key, a wrong signature, and a second upload") {
  fireworks_fixture f;
  f.dataset("in", "x\n");
  const auto url =
      text(f.json("GET", f.base + "/datasets/in:getDownloadEndpoint").at("filenameToSignedUrls"), "in.jsonl");
  const auto path = url.substr(f.server.url().size());
  CHECK(f.call("GET", path).body == "x\n");
  CHECK(f.call("GET", path, {}, "authorization: Bearer k\r\n").status == 403);
  CHECK(f.call("GET", path + "x").status == 403);
  CHECK(f.call("PUT", path, "y").status == 403);
}

TEST_CASE("an xAI batch has no state, only counts, and its results come in pages") {
  auto how = at_once();
  how.batches.run = 60ms;
  batches_fixture f(how);
  auto lines = openai_lines(4);
  lines += R"({"custom_id":"other","method":"POST","url":"/v1/responses","body":{"model":"m","input":"Hi"}})";
  const auto made =
      f.json("POST", "/xai/v1/batches", R"({"name":"n","input_file_id":")" + f.upload(lines, "/xai/v1") + "\"}");
  CHECK_FALSE(made.as_object().contains("status"));
  CHECK(number(made.at("state"), "num_pending") > 0);
  const auto path = "/xai/v1/batches/" + text(made, "batch_id");
  CHECK(eventually([&] { return number(f.json("GET", path).at("state"), "num_pending") == 0; }));
  CHECK(number(f.json("GET", path).at("state"), "num_success") == 5);
  std::map<std::string, codec::json::value> all;
  std::string token;
  int pages = 0;
  do {
    const auto page = f.json("GET", path + "/results?limit=2" + (token.empty() ? "" : "&pagination_token=" + token));
    for (const auto& each : page.at("results").as_array())
      all[text(each, "batch_request_id")] = each;
    token = page.at("pagination_token").is_null() ? "" : text(page, "pagination_token");
    ++pages;
  } while (!token.empty() && pages < 10);
  CHECK(pages == 3);
  REQUIRE(all.size() == 5);
  CHECK(said(all["r1"].at("batch_result").at("response").at("chat_get_completion")) == live(f, "r1"));
}

TEST_CASE("an xAI batch that is not valid or expires was cancelled by xAI; one that is cancelled was not") {
  batches_fixture f;
  const auto make = [](batches_fixture& f, const std::string& lines, std::string_view headers = {}) {
    const auto b = f.json("POST", "/v1/batches", R"({"name":"n","input_file_id":")" + f.upload(lines) + "\"}", headers);
    return f.json("GET", "/v1/batches/" + text(b, "batch_id"));
  };
  const auto broken = make(f, "no json");
  CHECK(text(broken, "cancel_by_xai_message").starts_with("JSONL file validation failed"));
  CHECK(broken.at("cancel_time").is_string());
  const auto late = make(f, openai_lines(4), "x-fault: batch-expired\r\n");
  CHECK(number(late.at("state"), "num_success") == 2);
  CHECK(number(late.at("state"), "num_cancelled") == 2);
  batches_fixture waiting(slow());
  const auto b = make(waiting, openai_lines(4));
  const auto cancelled = waiting.json("POST", "/v1/batches/" + text(b, "batch_id") + ":cancel");
  CHECK(cancelled.at("cancel_time").is_string());
  CHECK(cancelled.at("cancel_by_xai_message").is_null());
  CHECK(number(cancelled.at("state"), "num_cancelled") == 4);
}

TEST_CASE("requests are added to an xAI batch that was made without a file") {
  batches_fixture f;
  const auto b = f.json("POST", "/xai/v1/batches", R"({"name":"n"})");
  const auto path = "/xai/v1/batches/" + text(b, "batch_id");
  CHECK(number(f.json("GET", path).at("state"), "num_requests") == 0);
  f.json("POST", path + "/requests",
         R"({"batch_requests":[{"batch_request_id":"a","batch_request":{"chat_get_completion":)" + chat_body("Hi") +
             "}}]}");
  CHECK(number(f.json("GET", path).at("state"), "num_success") == 1);
  CHECK(f.json("GET", "/xai/v1/batches").at("batches").as_array().size() == 1);
}

TEST_CASE("an OpenRouter batch is accepted, and has its results in the object when it has ended") {
  auto how = at_once();
  how.batches.validate = 50ms;
  batches_fixture f(how);
  const auto body = R"({"endpoint":"/v1/chat/completions","model":"m","requests":)" + as_list(plain_lines(4)) + "}";
  const auto r = f.call("POST", "/api/v1/batches", body, "x-fault: batch-error-lines:25\r\n");
  CHECK(r.status == 202);
  CHECK(text(r.as_json(), "status") == "validating");
  CHECK_FALSE(r.as_json().as_object().contains("results"));
  const auto path = "/api/v1/batches/" + text(r.as_json(), "id");
  CHECK(eventually([&] { return text(f.json("GET", path), "status") == "completed"; }));
  const auto b = f.json("GET", path);
  REQUIRE(b.at("results").as_array().size() == 4);
  std::size_t failed = 0;
  for (const auto& line : b.at("results").as_array()) {
    const bool bad = line.at("response").is_null();
    failed += bad;
    CHECK(bad == line.at("error").is_object());
    if (!bad)
      CHECK(said(line.at("response").at("body")) == live(f, text(line, "custom_id")));
  }
  CHECK(failed == 1);
  CHECK(number(b.at("usage"), "completion_tokens") > 0);
  CHECK(f.json("GET", "/api/v1/batches").at("data").as_array().size() == 1);
  f.json("DELETE", path);
  CHECK(f.call("GET", path).status == 404);
}

TEST_CASE("an OpenRouter batch takes messages, and refuses a body whose requests come first") {
  batches_fixture f;
  const auto b = f.json("POST", "/api/beta/batches",
                        R"({"endpoint":"/v1/messages","model":"m","requests":[{"custom_id":"a","body":)"
                        R"({"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}}]})");
  const auto seen = f.json("GET", "/api/beta/batches/" + text(b, "id"));
  CHECK(text(seen.at("results").at(0).at("response").at("body"), "type") == "message");
  CHECK(f.call("POST", "/api/v1/batches", R"({"requests":[{}],"endpoint":"/v1/messages","model":"m"})").status == 400);
  const auto twice = f.json(
      "POST", "/api/v1/batches",
      R"({"endpoint":"/v1/messages","model":"m","requests":[{"custom_id":"a","body":{}},{"custom_id":"a","body":{}}]})");
  const auto failed = f.json("GET", "/api/v1/batches/" + text(twice, "id"));
  CHECK(text(failed, "status") == "failed");
  CHECK(text(failed.at("error"), "message").find("unique") != std::string::npos);
}
