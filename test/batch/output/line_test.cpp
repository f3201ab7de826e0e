#include "batch/output/line.hpp"

#include <doctest/doctest.h>

#include "batch/output/columns.hpp"
#include "batch/output/fake_journal.hpp"
#include "batch/output/table.hpp"
#include "codec/json/json.hpp"

using namespace weir;
using batch_test::answered;
using batch_test::failed;

namespace {

void check_json(const std::string& line) {
  error_code ec;
  codec::parse_json(line, ec);
  CHECK_MESSAGE(!ec, line);
  CHECK(line.find('\n') == line.npos);
}

} // namespace

TEST_CASE("a result line is OpenAI's, with the columns and weir's account beside it") {
  auto r = answered("t-1", 0, "\"Hi\"", R"({"n": 1.50, "o": {"a": [1, null]}})");
  r.provider = "groq";
  r.model = "llama";
  r.took = std::chrono::nanoseconds(1234567890);
  r.first_token = std::chrono::milliseconds(200);
  r.cost = money::parse("0.000315");
  r.currency = "USD";
  r.origin = "in.csv:2";
  const auto line = result_line(r);
  check_json(line);
  CHECK(line ==
        R"({"id":"batch_req_80f31b28ac082ed6","custom_id":"t-1","response":{"status_code":200,"request_id":null,)"
        R"("body":{"choices":[{"message":{"content":"Hi"}}]}},"error":null,"columns":{"n":1.50,"o":{"a":[1,null]}},)"
        R"("weir":{"outcome":"complete","provider":"groq","model":"llama","attempts":1,"calls":1,)"
        R"("latency_ms":1234.568,"ttft_ms":200.0,"cost":0.000315,"currency":"USD","estimated":false,)"
        R"("cached":false,"same_as":null,"origin":"in.csv:2"}})");
}

TEST_CASE("a refusal is a response with its status, and an error") {
  auto r = failed("a\"b", 0);
  r.failure.remote("slow down").remote_code("rate_limit").request_id("req_1");
  const auto line = result_line(r);
  check_json(line);
  CHECK(line.find(R"("custom_id":"a\"b","response":{"status_code":429,"request_id":"req_1","body":{"error":)"
                  R"({"message":"slow down","code":"rate_limit"}}},"error":{"code":"rate_limited","message":)") !=
        line.npos);
  CHECK(line.find("\"columns\"") == line.npos);
  CHECK(line.find(R"("latency_ms":0.0,"ttft_ms":null,"cost":null,"currency":null)") != line.npos);
}

TEST_CASE("an answer that broke off is no response: what arrived stands apart") {
  auto r = answered("a", 0, "\"The beg\"");
  r.outcome = outcome::truncated;
  r.failure = failure(errc::truncated, "the stream ended early").status(200);
  const auto line = result_line(r);
  check_json(line);
  CHECK(line.find(R"("response":null,"error":{"code":"truncated","message":"the stream ended early"})") != line.npos);
  CHECK(line.find(R"("partial":{"choices":[{"message":{"content":"The beg"}}]}}})") != line.npos);
}

TEST_CASE("an answer that was cut at a length limit is a response, as OpenAI's is") {
  auto r = answered("a", 0, "\"x\"");
  r.outcome = outcome::length;
  const auto line = result_line(r);
  CHECK(line.find(R"("status_code":200)") != line.npos);
  CHECK(line.find(R"("error":null)") != line.npos);
  CHECK(line.find(R"("outcome":"length")") != line.npos);
}

TEST_CASE("whatever a body and columns hold, a line is one line of JSON") {
  auto r = answered("a", 0, "\"x\"");
  r.body = "{\n \"a\": 1.0\n}";
  CHECK(result_line(r).find(R"("body":{"a":1.0})") != std::string::npos);
  r.body = "no JSON\n\xff";
  r.columns = "neither";
  check_json(result_line(r));
  r.columns = "{\"a\n\":\"\\u0000\", \"weir_error\": {}, \"weir_origin\": 1}";
  check_json(result_line(r));
  r.id = "\xff\n";
  check_json(result_line(r));
}

TEST_CASE("a line of failures is the row with its id and what went wrong") {
  auto r = failed("in.csv:17", 16, R"({"text":"a","n":"1"})");
  r.origin = "in.csv:17";
  CHECK(failure_line(r, "") ==
        R"({"custom_id":"in.csv:17","text":"a","n":"1","weir_error":{"code":"rate_limited","message":)"
        R"("the provider refuses more requests for now","status":429},"weir_origin":"in.csv:17"})");
}

TEST_CASE("a row that names its id itself stays as it was, but for an earlier error") {
  auto r = failed("a", 0);
  const auto line = failure_line(
      r, R"({"custom_id":"a","body":{"messages":[],"seed":1e3},"weir_error":{"code":"old"},"weir_origin":"x:1"})");
  check_json(line);
  CHECK(line.starts_with(R"({"custom_id":"a","body":{"messages":[],"seed":1e3},"weir_error":{"code":"rate_limited")"));
  CHECK(failure_line(r, R"({"id":"a","prompt":"x"})").starts_with(R"({"id":"a","prompt":"x",)"));
  // A member of that name which is not the id gives way to it.
  CHECK(failure_line(r, R"({"custom_id":"z","prompt":"x"})").starts_with(R"({"custom_id":"a","prompt":"x",)"));
}

TEST_CASE("answers without a failure say in a file of failures what is wrong with them") {
  auto r = answered("a", 0, "\"x\"");
  r.outcome = outcome::length;
  CHECK(failure_line(r, "") == R"({"custom_id":"a","weir_error":{"code":"length","message":)"
                               R"("the answer was cut off at the limit of tokens: allow more"}})");
}

TEST_CASE("rows of a table are quoted where they have to be") {
  const auto row = [](std::vector<std::string> cells, char separator = ',') {
    std::string out;
    append_row(out, cells, separator);
    return out;
  };
  CHECK(row({"a", "b c", ""}) == "a,b c,\n");
  CHECK(row({"a,b", "say \"x\"", "1\n2", "\r"}) == "\"a,b\",\"say \"\"x\"\"\",\"1\n2\",\"\r\"\n");
  CHECK(row({"a,b", "c\td"}, '\t') == "a,b\t\"c\td\"\n");
  CHECK(row({""}) == "\"\"\n");
  CHECK(row({"", ""}) == ",\n");
  CHECK(row({"=1+1", "-2"}) == "=1+1,-2\n");
}

TEST_CASE("a text is one line") {
  std::string out;
  append_text_line(out, "a\r\nb\\n");
  append_text_line(out, "");
  CHECK(out == "a\\r\\nb\\\\n\n\n");
}
