// Gemini's batches and files.
#include <doctest/doctest.h>

#include "sim/batches/fixture.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view create = "/v1beta/models/gemini-x:batchGenerateContent";

std::string request_of(std::size_t i) {
  return R"({"contents":[{"role":"user","parts":[{"text":"question )" + std::to_string(i) + R"("}]}]})";
}

std::string file_lines(std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out += R"({"key":"k)" + std::to_string(i) + R"(","request":)" + request_of(i) + "}\n";
  return out;
}

std::string inline_batch(std::size_t n, bool keys = true) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out += R"({"request":)" + request_of(i) + (keys ? R"(,"metadata":{"key":"k)" + std::to_string(i) + R"("}})" : "}") +
           "\n";
  return R"({"batch":{"display_name":"d","input_config":{"requests":{"requests":)" + as_list(out) + "}}}}";
}

std::string answer_in(const codec::json::value& response) {
  return text(response.at("candidates").at(0).at("content").at("parts").at(0), "text");
}

class gemini_fixture : public batches_fixture {
public:
  using batches_fixture::batches_fixture;

  /// As the Files API takes it: announced, uploaded in two pieces, finalized.
  std::string upload_in_pieces(std::string_view content) {
    const auto begun = call("POST", "/upload/v1beta/files", R"({"file":{"display_name":"in"}})",
                            "x-goog-upload-protocol: resumable\r\nx-goog-upload-command: start\r\n"
                            "x-goog-upload-header-content-type: application/jsonl\r\n");
    CHECK(begun.headers.at("x-goog-upload-status") == "active");
    const auto url = begun.headers.at("x-goog-upload-url").substr(server.url().size());
    const auto half = content.size() / 2;
    const auto first =
        call("POST", url, content.substr(0, half), "x-goog-upload-command: upload\r\nx-goog-upload-offset: 0\r\n");
    CHECK(first.headers.at("x-goog-upload-status") == "active");
    CHECK(call("POST", url, {}, "x-goog-upload-command: query\r\n").headers.at("x-goog-upload-size-received") ==
          std::to_string(half));
    CHECK(call("POST", url, "x", "x-goog-upload-command: upload\r\nx-goog-upload-offset: 1\r\n").status == 400);
    const auto last =
        call("POST", url, content.substr(half),
             "x-goog-upload-command: upload, finalize\r\nx-goog-upload-offset: " + std::to_string(half) + "\r\n");
    CHECK(last.headers.at("x-goog-upload-status") == "final");
    return text(last.as_json().at("file"), "name");
  }
  codec::json::value look(const codec::json::value& b) { return json("GET", "/v1beta/" + text(b, "name")); }
};

} // namespace

TEST_CASE("requests inline are answered in the operation, each with its metadata") {
  gemini_fixture f;
  const auto b = f.look(f.json("POST", create, inline_batch(5)));
  CHECK(b.at("done").as_bool());
  CHECK(text(b.at("metadata"), "state") == "BATCH_STATE_SUCCEEDED");
  CHECK(text(b.at("metadata"), "displayName") == "d");
  CHECK(text(b.at("metadata"), "model") == "models/gemini-x");
  const auto& all = b.at("response").at("inlinedResponses").at("inlinedResponses").as_array();
  REQUIRE(all.size() == 5);
  for (const auto& each : all) {
    const auto i = std::stoul(text(each.at("metadata"), "key").substr(1));
    const auto live = f.ask("/v1beta/models/gemini-x:generateContent", request_of(i)).as_json();
    CHECK(answer_in(each.at("response")) == answer_in(live));
  }
  CHECK(b.at("metadata").at("output").at("inlinedResponses") == b.at("response").at("inlinedResponses"));
}

TEST_CASE("requests without keys are answered in their order") {
  gemini_fixture f;
  const auto b = f.look(f.json("POST", create, inline_batch(20, false)));
  const auto& all = b.at("response").at("inlinedResponses").at("inlinedResponses").as_array();
  REQUIRE(all.size() == 20);
  for (std::size_t i = 0; i < 20; ++i)
    CHECK(answer_in(all[i].at("response")).find("question " + std::to_string(i) + "\"") != std::string::npos);
}

TEST_CASE("requests of a file are answered in a file") {
  gemini_fixture f;
  const auto file = f.upload_in_pieces(file_lines(5));
  const auto b =
      f.look(f.json("POST", create, R"({"batch":{"displayName":"d","inputConfig":{"fileName":")" + file + "\"}}}",
                    "x-fault: batch-error-lines:20\r\n"));
  const auto out = text(b.at("response"), "responsesFile");
  const auto results = by_id(f.call("GET", "/download/v1beta/" + out + ":download?alt=media").body, "key");
  REQUIRE(results.size() == 5);
  std::size_t failed = 0;
  for (const auto& [key, line] : results)
    failed += line.as_object().contains("error");
  CHECK(failed == 1);
  CHECK(text(b.at("metadata").at("batchStats"), "failedRequestCount") == "1");
  CHECK(f.json("GET", "/v1beta/files").at("files").as_array().size() == 2);
  f.json("DELETE", "/v1beta/" + file);
  CHECK(f.call("GET", "/v1beta/" + file).status == 404);
}

TEST_CASE("a file can be uploaded in one request, with or without words about it") {
  gemini_fixture f;
  const auto related = f.call("POST", "/upload/v1beta/files",
                              "--q\r\ncontent-type: application/json\r\n\r\n{\"file\":{\"displayName\":\"x\"}}\r\n"
                              "--q\r\ncontent-type: application/jsonl\r\n\r\nabc\n\r\n--q--",
                              "content-type: multipart/related; boundary=q\r\n");
  CHECK(text(related.as_json().at("file"), "displayName") == "x");
  CHECK(text(related.as_json().at("file"), "sizeBytes") == "4");
  const auto raw = f.call("POST", "/upload/v1beta/files", "abc", "content-type: application/jsonl\r\n");
  CHECK(text(raw.as_json().at("file"), "state") == "ACTIVE");
}

TEST_CASE("the URL of an upload needs no key") {
  auto how = at_once();
  how.key = "secret";
  gemini_fixture f(how);
  const auto start = "x-goog-upload-command: start\r\n";
  CHECK(f.call("POST", "/upload/v1beta/files", "{}", start).status == 401);
  const auto begun = f.call("POST", "/upload/v1beta/files", "{}", std::string(start) + "x-goog-api-key: secret\r\n");
  CHECK(f.at(begun.headers.at("x-goog-upload-url"), "POST", "").status == 400); // no command
}

TEST_CASE("the routes are there below v1, too, for callers that send Google's header") {
  gemini_fixture f;
  const std::string_view google = "x-goog-api-key: k\r\n";
  const auto b = f.json("POST", "/v1/models/gemini-x:batchGenerateContent", inline_batch(2), google);
  CHECK(f.json("GET", "/v1/" + text(b, "name")).at("done").as_bool());
  CHECK(f.json("GET", "/v1/batches", {}, google).at("operations").as_array().size() == 1);
  CHECK(f.json("GET", "/v1/batches").at("data").as_array().empty());
}

TEST_CASE("an operation tells no progress, and expires without results") {
  auto how = at_once();
  how.batches.run = 60ms;
  gemini_fixture f(how);
  const auto made = f.json("POST", create, inline_batch(4), "x-fault: batch-expired\r\n");
  CHECK(text(made.at("metadata"), "state") == "BATCH_STATE_RUNNING");
  CHECK_FALSE(made.as_object().contains("done"));
  CHECK(text(made.at("metadata").at("batchStats"), "pendingRequestCount") == "4");
  CHECK(eventually([&] { return text(f.look(made).at("metadata"), "state") == "BATCH_STATE_EXPIRED"; }));
  CHECK_FALSE(f.look(made).as_object().contains("response"));
  CHECK(number(f.told(), "lines_answered") == 0);
}

TEST_CASE("a file that is not valid fails the operation") {
  gemini_fixture f;
  const auto file = f.upload_in_pieces(file_lines(2) + file_lines(1));
  const auto b =
      f.look(f.json("POST", create, R"({"batch":{"display_name":"d","input_config":{"file_name":")" + file + "\"}}}"));
  CHECK(text(b.at("metadata"), "state") == "BATCH_STATE_FAILED");
  CHECK(number(b.at("error"), "code") == 3);
}

TEST_CASE("operations are cancelled, listed and deleted") {
  auto how = at_once();
  how.batches.run = 1h;
  gemini_fixture f(how);
  const auto b = f.json("POST", create, inline_batch(2));
  f.json("POST", create, inline_batch(2));
  f.json("POST", "/v1beta/" + text(b, "name") + ":cancel", "{}");
  CHECK(text(f.look(b).at("metadata"), "state") == "BATCH_STATE_CANCELLED");
  const auto page = f.json("GET", "/v1beta/batches?pageSize=1");
  CHECK(page.at("operations").as_array().size() == 1);
  const auto rest = f.json("GET", "/v1beta/batches?pageToken=" + text(page, "nextPageToken"));
  CHECK(text(rest.at("operations").at(0), "name") == text(b, "name"));
  f.json("DELETE", "/v1beta/" + text(b, "name"));
  const auto gone = f.call("GET", "/v1beta/" + text(b, "name"));
  CHECK(gone.status == 404);
  CHECK(text(gone.as_json().at("error"), "status") == "NOT_FOUND");
}
