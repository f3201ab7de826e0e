// Batches as OpenAI has them, from the upload to the files, and the traps.
#include <doctest/doctest.h>

#include "sim/batches/fixture.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;
using namespace std::chrono_literals;

namespace {

class openai_fixture : public batches_fixture {
public:
  using batches_fixture::batches_fixture;

  std::string request_for(std::string_view file, std::string_view endpoint = "/v1/chat/completions",
                          std::string_view more = {}) {
    return R"({"input_file_id":")" + std::string(file) + R"(","endpoint":")" + std::string(endpoint) +
           R"(","completion_window":"24h")" + std::string(more) + "}";
  }
  codec::json::value make(std::string_view lines, std::string_view fault = {}) {
    const auto header = fault.empty() ? std::string() : "x-fault: " + std::string(fault) + "\r\n";
    return json("POST", "/v1/batches", request_for(upload(lines)), header);
  }
  codec::json::value look(const codec::json::value& batch) { return json("GET", "/v1/batches/" + text(batch, "id")); }
  codec::json::value made(std::string_view lines, std::string_view fault = {}) { return look(make(lines, fault)); }
  std::string content(const codec::json::value& batch, std::string_view which) {
    return call("GET", "/v1/files/" + text(batch, which) + "/content").body;
  }
};

} // namespace

TEST_CASE("a batch of chats is answered as the live endpoint answers them") {
  openai_fixture f;
  const auto b = f.made(openai_lines(20));
  CHECK(text(b, "status") == "completed");
  CHECK(text(b, "object") == "batch");
  CHECK(text(b, "model") == "m");
  CHECK(number(b.at("request_counts"), "total") == 20);
  CHECK(number(b.at("request_counts"), "completed") == 20);
  CHECK(number(b.at("request_counts"), "failed") == 0);
  CHECK(b.at("error_file_id").is_null());
  CHECK(b.at("errors").is_null());
  std::uint64_t output = 0;
  const auto lines = by_id(f.content(b, "output_file_id"));
  REQUIRE(lines.size() == 20);
  for (const auto& [id, line] : lines) {
    const auto live = f.chat(chat_body("question " + id.substr(1))).as_json();
    const auto& body = line.at("response").at("body");
    CHECK(number(line.at("response"), "status_code") == 200);
    CHECK(line.at("error").is_null());
    CHECK(said(body) == said(live));
    CHECK(body.at("usage") == live.at("usage"));
    output += number(live.at("usage"), "completion_tokens");
  }
  CHECK(number(b.at("usage"), "output_tokens") == output);
}

TEST_CASE("a large batch is answered between other requests, and is not ended before") {
  openai_fixture f;
  const auto b = f.make(openai_lines(5000));
  CHECK(eventually([&] { return text(f.look(b), "status") == "completed"; }));
  CHECK(by_id(f.content(f.look(b), "output_file_id")).size() == 5000);
  CHECK(f.server.seen().lines_answered == 5000);
}

TEST_CASE("embeddings are answered as live ones") {
  openai_fixture f;
  const std::string body = R"({"model":"m","input":["one","two"]})";
  const auto file = f.upload(R"({"custom_id":"e","method":"POST","url":"/v1/embeddings","body":)" + body + "}");
  const auto b = f.look(f.json("POST", "/v1/batches", f.request_for(file, "/v1/embeddings")));
  const auto line = by_id(f.content(b, "output_file_id")).find("e")->second;
  CHECK(line.at("response").at("body") == f.ask("/v1/embeddings", body).as_json());
}

TEST_CASE("responses and a prefix before the routes work too") {
  openai_fixture f;
  const auto file =
      f.upload(R"({"custom_id":"a","method":"POST","url":"/v1/responses","body":{"model":"m","input":"Hi"}})",
               "/groq/openai/v1");
  const auto b = f.json("POST", "/groq/openai/v1/batches", f.request_for(file, "/v1/responses"));
  const auto seen = f.json("GET", "/groq/openai/v1/batches/" + text(b, "id"));
  CHECK(text(by_id(f.content(seen, "output_file_id")).find("a")->second.at("response").at("body"), "object") ==
        "response");
}

TEST_CASE("a batch shows its states while it lives") {
  auto how = plain();
  how.batches.validate = how.batches.run = how.batches.finalize = 60ms;
  openai_fixture f(how);
  const auto b = f.make(openai_lines(3));
  std::vector<std::string> seen;
  CHECK(eventually([&] {
    const auto status = text(f.look(b), "status");
    if (seen.empty() || seen.back() != status)
      seen.push_back(status);
    return status == "completed";
  }));
  CHECK(seen == std::vector<std::string>{"validating", "in_progress", "finalizing", "completed"});
}

TEST_CASE("lines that are wrong fail alone, in the error file") {
  openai_fixture f;
  auto lines = openai_lines(3);
  lines += R"({"custom_id":"bad","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[]}})"
           "\n";
  lines += R"({"custom_id":"stream","method":"POST","url":"/v1/chat/completions","body":{"model":"m","stream":true,)"
           R"("messages":[{"role":"user","content":"x"}]}})";
  const auto b = f.made(lines);
  CHECK(number(b.at("request_counts"), "completed") == 3);
  CHECK(number(b.at("request_counts"), "failed") == 2);
  const auto errors = by_id(f.content(b, "error_file_id"));
  REQUIRE(errors.size() == 2);
  const auto& bad = errors.find("bad")->second;
  CHECK(number(bad.at("response"), "status_code") == 400);
  CHECK(text(bad.at("response").at("body").at("error"), "type") == "invalid_request_error");
  CHECK(number(errors.find("stream")->second.at("response"), "status_code") == 400);
}

TEST_CASE("a file that is not valid fails the batch, and costs nothing") {
  openai_fixture f;
  const auto b = f.made(openai_lines(2) + openai_lines(1));
  CHECK(text(b, "status") == "failed");
  const auto& problem = b.at("errors").at("data").at(0);
  CHECK(text(problem, "code") == "duplicate_custom_id");
  CHECK(number(problem, "line") == 3);
  CHECK(text(problem, "param") == "custom_id");
  CHECK(b.at("output_file_id").is_null());
  CHECK(number(f.told(), "lines_answered") == 0);
}

TEST_CASE("limits of the options fail a batch") {
  auto how = at_once();
  how.batches.lines = 5;
  how.batches.tokens = 400;
  openai_fixture f(how);
  CHECK(text(f.made(openai_lines(6)).at("errors").at("data").at(0), "code") == "too_many_requests");
  CHECK(text(f.made(openai_lines(5)), "status") == "completed");
  how.batches.tokens = 20;
  openai_fixture small(how);
  CHECK(text(small.made(openai_lines(5)).at("errors").at("data").at(0), "code") == "token_limit_exceeded");
}

TEST_CASE("a request for a batch that is not valid is refused with its reason") {
  openai_fixture f;
  const auto file = f.upload(openai_lines(1));
  const auto refused = [&](const std::string& body) {
    const auto r = f.call("POST", "/v1/batches", body);
    CHECK(r.status == 400);
    return text(r.as_json().at("error"), "message");
  };
  CHECK(refused(f.request_for("file-none")).find("file-none") != std::string::npos);
  CHECK(refused(f.request_for(file, "/v1/other")).find("endpoint") != std::string::npos);
  CHECK(refused(f.request_for(file, "/v1/chat/completions", R"(,"metadata":{"a":1})")).find("metadata") !=
        std::string::npos);
  CHECK(refused(R"({"input_file_id":")" + file + R"(","endpoint":"/v1/chat/completions"})").find("window") !=
        std::string::npos);
  CHECK(refused(f.request_for(f.upload("x", "/v1", "vision"))).find("vision") != std::string::npos);
  CHECK(f.call("POST", "/v1/batches", "no json").status == 400);
  CHECK(f.form("/v1/files", "x", "").status == 400);
  CHECK(f.call("GET", "/v1/batches/none").status == 404);
  CHECK(number(f.told(), "created") == 0);
}

TEST_CASE("batches are found again by their metadata in a list, latest first, in pages") {
  openai_fixture f;
  const auto file = f.upload(openai_lines(1));
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i)
    ids.push_back(text(
        f.json("POST", "/v1/batches",
               f.request_for(file, "/v1/chat/completions", R"(,"metadata":{"part":")" + std::to_string(i) + "\"}")),
        "id"));
  const auto first = f.json("GET", "/v1/batches?limit=2");
  CHECK(first.at("has_more").as_bool());
  CHECK(text(first, "first_id") == ids[2]);
  CHECK(text(first, "last_id") == ids[1]);
  CHECK(text(first.at("data").at(0).at("metadata"), "part") == "2");
  const auto second = f.json("GET", "/v1/batches?limit=2&after=" + ids[1]);
  CHECK_FALSE(second.at("has_more").as_bool());
  CHECK(second.at("data").as_array().size() == 1);
}

TEST_CASE("a cancelled batch keeps what was answered, and says what was not") {
  auto how = at_once();
  how.batches.run = 1h;
  openai_fixture f(how);
  auto b = f.make(openai_lines(10));
  b = f.json("POST", "/v1/batches/" + text(b, "id") + "/cancel");
  CHECK(text(b, "status") == "cancelled");
  CHECK(number(b.at("request_counts"), "total") == 10);
  const auto rest = by_id(f.content(b, "error_file_id"));
  CHECK(rest.size() == 10);
  CHECK(rest.begin()->second.at("response").is_null());
  CHECK(text(rest.begin()->second.at("error"), "code") == "batch_cancelled");
  CHECK(f.call("POST", "/v1/batches/" + text(b, "id") + "/cancel").status == 409);
}

TEST_CASE("files are listed, read and deleted") {
  openai_fixture f;
  const auto id = f.upload("one\n"), other = f.upload("two\n", "/v1", "vision");
  CHECK(f.json("GET", "/v1/files").at("data").as_array().size() == 2);
  CHECK(f.json("GET", "/v1/files?purpose=batch").at("data").as_array().size() == 1);
  const auto file = f.json("GET", "/v1/files/" + id);
  CHECK(number(file, "bytes") == 4);
  CHECK(text(file, "filename") == "in.jsonl");
  CHECK(f.call("GET", "/v1/files/" + id + "/content").body == "one\n");
  CHECK(f.json("DELETE", "/v1/files/" + id).at("deleted").as_bool());
  CHECK(f.call("GET", "/v1/files/" + id).status == 404);
  CHECK(f.call("GET", "/v1/files/" + other).status == 200);
}

TEST_CASE("a batch's results survive the deletion of its input") {
  auto how = at_once();
  how.batches.run = 50ms;
  openai_fixture f(how);
  const auto file = f.upload(openai_lines(5));
  const auto b = f.json("POST", "/v1/batches", f.request_for(file));
  f.json("DELETE", "/v1/files/" + file);
  CHECK(eventually([&] { return text(f.look(b), "status") == "completed"; }));
  CHECK(by_id(f.content(f.look(b), "output_file_id")).size() == 5);
}

TEST_CASE("trap: a batch is completed, and has no output file") {
  openai_fixture f;
  const auto b = f.made(openai_lines(5), "batch-no-output");
  CHECK(text(b, "status") == "completed");
  CHECK(b.at("output_file_id").is_null());
  CHECK(number(b.at("request_counts"), "failed") == 5);
  CHECK(by_id(f.content(b, "error_file_id")).size() == 5);
}

TEST_CASE("trap: an expired batch has answers that are paid for") {
  openai_fixture f;
  const auto b = f.made(openai_lines(10), "batch-expired:30");
  CHECK(text(b, "status") == "expired");
  CHECK(by_id(f.content(b, "output_file_id")).size() == 3);
  const auto rest = by_id(f.content(b, "error_file_id"));
  CHECK(rest.size() == 7);
  CHECK(text(rest.begin()->second.at("error"), "code") == "batch_expired");
}

TEST_CASE("trap: counts stay 0") {
  openai_fixture f;
  const auto b = f.made(openai_lines(10), "batch-counts-zero");
  CHECK(number(b.at("request_counts"), "total") == 0);
  CHECK(number(b.at("request_counts"), "completed") == 0);
  CHECK(by_id(f.content(b, "output_file_id")).size() == 10);
}

TEST_CASE("trap: a share of the lines fails, and some results come twice") {
  openai_fixture f;
  const auto b = f.made(openai_lines(10), "batch-error-lines:20, batch-duplicate-lines:3");
  CHECK(by_id(f.content(b, "error_file_id")).size() == 2);
  const auto good = by_id(f.content(b, "output_file_id"));
  CHECK(good.size() == 11);
  std::size_t twice = 0;
  for (auto it = good.begin(); it != good.end(); it = good.upper_bound(it->first))
    twice += good.count(it->first) == 2;
  CHECK(twice == 3);
}

TEST_CASE("trap: a batch vanishes, with a 404 or with an error in a 200") {
  openai_fixture f;
  const auto gone = f.make(openai_lines(1), "batch-vanished");
  CHECK(f.call("GET", "/v1/batches/" + text(gone, "id")).status == 404);
  CHECK(f.json("GET", "/v1/batches").at("data").as_array().empty());
  const auto odd = f.make(openai_lines(1), "batch-vanished:200");
  CHECK(f.json("GET", "/v1/batches/" + text(odd, "id")).as_object().contains("error"));
}

TEST_CASE("trap: a batch is unknown for a moment after it was made") {
  openai_fixture f;
  const auto b = f.make(openai_lines(1), "batch-transient-404:50ms");
  CHECK(f.call("GET", "/v1/batches/" + text(b, "id")).status == 404);
  CHECK(eventually([&] { return f.call("GET", "/v1/batches/" + text(b, "id")).status == 200; }));
}

TEST_CASE("trap: a batch is made, but the response is lost") {
  auto how = at_once();
  how.faults.push_back(parse_fault_rule("batch-create-lost*1"));
  openai_fixture f(how);
  const auto file = f.upload(openai_lines(1)); // does not use the fault up
  CHECK(f.call("POST", "/v1/batches", f.request_for(file)).status == 0);
  CHECK(f.json("GET", "/v1/batches").at("data").as_array().size() == 1);
  CHECK(f.call("POST", "/v1/batches", f.request_for(file)).status == 200);
  CHECK(number(f.told(), "created") == 2);
  CHECK(f.server.seen().batches_created == 2);
}

TEST_CASE("a fault can be named in the metadata, too") {
  openai_fixture f;
  const auto b = f.json(
      "POST", "/v1/batches",
      f.request_for(f.upload(openai_lines(2)), "/v1/chat/completions", R"(,"metadata":{"x-fault":"batch-no-output"})"));
  CHECK(f.look(b).at("output_file_id").is_null());
}

TEST_CASE("a download breaks off where a fault says so") {
  openai_fixture f;
  const auto b = f.made(openai_lines(1000));
  const auto whole = f.content(b, "output_file_id");
  const auto path = "/v1/files/" + text(b, "output_file_id") + "/content";
  const auto cut = f.call("GET", path, {}, "x-fault: cut:1000\r\n");
  CHECK_FALSE(cut.complete);
  CHECK(cut.body == whole.substr(0, 1000));
  CHECK(by_id(whole).size() == 1000);
}

TEST_CASE("faults of requests hold for those of batches, but not for the server's account of them") {
  openai_fixture f;
  const auto b = f.made(openai_lines(1));
  f.server.faults({parse_fault_rule("503")});
  CHECK(f.call("GET", "/v1/batches/" + text(b, "id")).status == 503);
  f.server.faults({parse_fault_rule("cut:10")});
  CHECK(number(f.told(), "created") == 1);
}

TEST_CASE("a key is needed for batches and files, but not for the server's own account of them") {
  auto how = at_once();
  how.key = "secret";
  openai_fixture f(how);
  CHECK(f.call("GET", "/v1/batches").status == 401);
  CHECK(f.call("GET", "/v1/files").status == 401);
  CHECK(f.call("GET", "/v1/batches", {}, "authorization: Bearer secret\r\n").status == 200);
  CHECK(f.call("GET", "/sim/batches").status == 200);
}
