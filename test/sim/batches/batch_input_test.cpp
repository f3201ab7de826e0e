// What is wrong with the lines of a batch.
#include <doctest/doctest.h>

#include "sim/batches/batch_input.hpp"
#include "sim/batches/fixture.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;

namespace {

input_form openai() {
  input_form f;
  f.names_url = f.one_model = true;
  return f;
}

batch_input read(std::string_view text, const input_form& f = openai(),
                 std::string_view path = "/v1/chat/completions") {
  return read_input(text, f, path);
}

std::string line(std::string_view id, std::string_view url = "/v1/chat/completions", std::string_view model = "m") {
  return R"({"custom_id":")" + std::string(id) + R"(","method":"POST","url":")" + std::string(url) +
         R"(","body":{"model":")" + std::string(model) + R"("}})" + "\n";
}

/// `CODE at LINE` of the only problem.
std::string problem(const batch_input& in) {
  if (in.problems.size() != 1)
    return std::to_string(in.problems.size()) + " problems";
  return in.problems[0].code + (in.problems[0].line ? " at " + std::to_string(*in.problems[0].line) : "");
}

} // namespace

TEST_CASE("lines are found with either end of line, and without one at the end; empty ones are skipped") {
  auto text = line("a");
  text.insert(text.size() - 1, "\r");
  text += "\n  \n" + line("b");
  text.pop_back();
  const auto in = read(text);
  REQUIRE(in.problems.empty());
  REQUIRE(in.lines.size() == 2);
  CHECK(in.lines[0].id == "a");
  CHECK(in.lines[1].id == "b");
  CHECK(in.model == "m");
  CHECK(member_of(std::string_view(text).substr(in.lines[1].begin, in.lines[1].size), "body").is_object());
}

TEST_CASE("each fault of a line is told with its number") {
  CHECK(problem(read("")) == "empty_file");
  CHECK(problem(read(line("a") + "no json\n")) == "invalid_json_line at 2");
  CHECK(problem(read(line("a") + line("a"))) == "duplicate_custom_id at 2");
  CHECK(problem(read(line("a") + line("b", "/v1/embeddings"))) == "mismatched_endpoint at 2");
  CHECK(problem(read(line("a") + line("b", "/v1/chat/completions", "other"))) == "mismatched_model at 2");
  CHECK(problem(read(R"({"method":"POST","url":"/v1/chat/completions","body":{}})")) ==
        "missing_required_parameter at 1");
  CHECK(problem(read(R"({"custom_id":"a","url":"/v1/chat/completions","body":{}})")) ==
        "missing_required_parameter at 1");
  CHECK(problem(read(R"({"custom_id":"a","method":"POST","body":{}})")) == "missing_required_parameter at 1");
  CHECK(problem(read(R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions"})")) ==
        "missing_required_parameter at 1");
  CHECK(problem(read(line(std::string(513, 'a')))) == "invalid_custom_id at 1");
}

TEST_CASE("too many lines or bytes are a problem of the whole input") {
  auto f = openai();
  f.most_lines = 2;
  CHECK(problem(read(line("a") + line("b"), f)).starts_with("0"));
  CHECK(problem(read(line("a") + line("b") + line("c"), f)) == "too_many_requests");
  f.most_bytes = 10;
  CHECK(problem(read(line("a"), f)) == "file_too_large");
}

TEST_CASE("embeddings are counted by their texts") {
  std::string texts = R"(["a")";
  for (int i = 1; i < 50'000; ++i)
    texts += R"(,"a")";
  const auto one = [&](std::string_view id) {
    return R"({"custom_id":")" + std::string(id) + R"(","method":"POST","url":"/v1/embeddings","body":{"input":)" +
           texts + "]}}\n";
  };
  CHECK(problem(read(one("a"), openai(), "/v1/embeddings")).starts_with("0"));
  CHECK(problem(read(one("a") + R"({"custom_id":"b","method":"POST","url":"/v1/embeddings","body":{"input":"t"}})",
                     openai(), "/v1/embeddings")) == "too_many_inputs");
}

TEST_CASE("no more than a hundred problems are kept") {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "no json\n";
  CHECK(read(text).problems.size() == 100);
}

TEST_CASE("where a form allows it, a line without an id gets its index") {
  input_form f;
  f.id_optional = true;
  const auto in = read(R"({"body":{}})"
                       "\n"
                       R"({"custom_id":"x","body":{}})",
                       f);
  REQUIRE(in.lines.size() == 2);
  CHECK(in.lines[0].id == "0");
  CHECK_FALSE(in.lines[0].named);
  CHECK(in.lines[1].id == "x");
  CHECK(in.lines[1].named);
}

TEST_CASE("where a form mixes endpoints, each line goes where it says") {
  input_form f;
  f.names_url = f.mixes_urls = true;
  const auto in = read(line("a") + line("b", "/v1/responses"), f);
  REQUIRE(in.lines.size() == 2);
  CHECK(in.lines[0].path == "/v1/chat/completions");
  CHECK(in.lines[1].path == "/v1/responses");
}
