// Message batches as Anthropic has them.
#include <doctest/doctest.h>

#include "sim/batches/fixture.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view path = "/v1/messages/batches";

std::string params(std::size_t i) {
  return R"({"model":"m","max_tokens":100,"messages":[{"role":"user","content":"question )" + std::to_string(i) +
         R"("}]})";
}

std::string requests(std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out += R"({"custom_id":"r)" + std::to_string(i) + R"(","params":)" + params(i) + "}\n";
  return R"({"requests":)" + as_list(out) + "}";
}

std::string at_id(const codec::json::value& b) { return std::string(path) + "/" + text(b, "id"); }

} // namespace

TEST_CASE("a message batch is answered as the live endpoint answers its messages") {
  batches_fixture f;
  const auto made = f.json("POST", path, requests(5));
  CHECK(text(made, "type") == "message_batch");
  const auto b = f.json("GET", at_id(made));
  CHECK(text(b, "processing_status") == "ended");
  CHECK(number(b.at("request_counts"), "succeeded") == 5);
  const auto results = by_id(f.at(text(b, "results_url")).body);
  REQUIRE(results.size() == 5);
  for (const auto& [id, line] : results) {
    CHECK(text(line.at("result"), "type") == "succeeded");
    const auto live = f.ask("/v1/messages", params(std::stoul(id.substr(1)))).as_json();
    CHECK(line.at("result").at("message").at("content") == live.at("content"));
    CHECK(line.at("result").at("message").at("usage") == live.at("usage"));
  }
}

TEST_CASE("its counts are 0 until it has ended, and its results are not there") {
  auto how = at_once();
  how.batches.run = 60ms;
  batches_fixture f(how);
  const auto b = f.json("POST", path, requests(5));
  CHECK(text(b, "processing_status") == "in_progress");
  CHECK(number(b.at("request_counts"), "processing") == 5);
  CHECK(number(b.at("request_counts"), "succeeded") == 0);
  CHECK(b.at("results_url").is_null());
  const auto early = f.call("GET", at_id(b) + "/results");
  CHECK(early.status == 404);
  CHECK(text(early.as_json().at("error"), "type") == "not_found_error");
  CHECK(eventually([&] { return text(f.json("GET", at_id(b)), "processing_status") == "ended"; }));
}

TEST_CASE("each result says what became of its request") {
  batches_fixture f;
  const auto failed = f.json("POST", path, requests(4), "x-fault: batch-error-lines:25\r\n");
  std::map<std::string, int> kinds;
  for (const auto& [id, line] : by_id(f.call("GET", at_id(failed) + "/results").body)) {
    ++kinds[text(line.at("result"), "type")];
    if (text(line.at("result"), "type") == "errored")
      CHECK(text(line.at("result").at("error").at("error"), "type") == "api_error");
  }
  CHECK(kinds == std::map<std::string, int>{{"succeeded", 3}, {"errored", 1}});

  const auto expired = f.json("POST", path, requests(4), "x-fault: batch-expired\r\n");
  kinds.clear();
  for (const auto& [id, line] : by_id(f.call("GET", at_id(expired) + "/results").body))
    ++kinds[text(line.at("result"), "type")];
  CHECK(kinds == std::map<std::string, int>{{"succeeded", 2}, {"expired", 2}});
  CHECK(number(f.json("GET", at_id(expired)).at("request_counts"), "expired") == 2);
}

TEST_CASE("a request that no message can be made of is an error of its own") {
  batches_fixture f;
  const auto b = f.json("POST", path, R"({"requests":[{"custom_id":"a","params":{"model":"m"}}]})");
  const auto line = by_id(f.call("GET", at_id(b) + "/results").body).find("a")->second;
  CHECK(text(line.at("result").at("error").at("error"), "type") == "invalid_request_error");
}

TEST_CASE("a batch is cancelled, and deleted once it has ended") {
  auto how = at_once();
  how.batches.run = 1h;
  how.batches.finalize = 50ms;
  batches_fixture f(how);
  const auto b = f.json("POST", path, requests(3));
  CHECK(f.call("DELETE", at_id(b)).status == 400);
  CHECK(text(f.json("POST", at_id(b) + "/cancel"), "processing_status") == "canceling");
  CHECK(eventually([&] { return text(f.json("GET", at_id(b)), "processing_status") == "ended"; }));
  CHECK(number(f.json("GET", at_id(b)).at("request_counts"), "canceled") == 3);
  CHECK(text(f.json("DELETE", at_id(b)), "type") == "message_batch_deleted");
  CHECK(f.call("GET", at_id(b)).status == 404);
}

TEST_CASE("batches are listed in pages, forwards and backwards") {
  batches_fixture f;
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i)
    ids.push_back(text(f.json("POST", path, requests(1)), "id"));
  const auto get = [&](std::string_view query) { return f.json("GET", std::string(path) + std::string(query)); };
  CHECK(text(get("?limit=2"), "last_id") == ids[1]);
  CHECK(get("?limit=2").at("has_more").as_bool());
  CHECK(text(get("?limit=2&after_id=" + ids[1]), "first_id") == ids[0]);
  CHECK(text(get("?limit=1&before_id=" + ids[0]), "first_id") == ids[1]);
}

TEST_CASE("requests that are not valid are refused before anything is made") {
  batches_fixture f;
  const auto refused = [&f](std::string_view body) {
    const auto r = f.call("POST", path, body);
    CHECK(r.status == 400);
    CHECK(text(r.as_json().at("error"), "type") == "invalid_request_error");
  };
  refused(R"({"requests":[]})");
  refused(R"({"requests":[{"custom_id":"a b","params":{}}]})");
  refused(R"({"requests":[{"custom_id":"a"}]})");
  refused(R"({"requests":[{"custom_id":"a","params":{}},{"custom_id":"a","params":{}}]})");
  CHECK(number(f.told(), "created") == 0);
}
