// Rows to items: the forms of requests, ids, columns, templates.
#include <doctest/doctest.h>

#include "batch/input/item_maker.hpp"
#include "batch/input/row_decoder.hpp"
#include "reading.hpp"

using namespace weir;
using namespace reading;

namespace {

batch_item made(std::string_view json, const batch_input& o = batch_input(), std::uint64_t line = 7) {
  const input::item_maker maker(o);
  return maker.make(input::json_row(json, line), "in.jsonl");
}

std::string why(const batch_item& item) { return item.rejection() ? item.rejection()->message() : std::string(); }

const chat& chat_of(const batch_item& item) {
  INFO(why(item));
  REQUIRE(std::holds_alternative<chat>(item.request()));
  REQUIRE_FALSE(item.rejection());
  return std::get<chat>(item.request());
}

input::row table_row(std::initializer_list<std::pair<std::string_view, std::string_view>> cells) {
  input::row r;
  r.table = true;
  r.line = 3;
  for (const auto& [name, text] : cells)
    r.members[name] = text;
  return r;
}

} // namespace

TEST_CASE("each provider's form of a request is read, with its id and the columns beside it") {
  const auto openai = made(
      R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"hi"}]},"label":3})");
  CHECK(chat_of(openai).model() == "m");
  CHECK(openai.id() == "a");
  CHECK(openai.columns() == R"({"label":3})");
  CHECK(openai.origin() == "in.jsonl:7");
  CHECK(text_of(made(R"({"custom_id":"a","body":{"messages":[{"role":"user","content":"hi"}],"max_tokens":4}})")) ==
        "hi");
  const auto anthropic =
      made(R"({"custom_id":"b","params":{"model":"c","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}})");
  CHECK(chat_of(anthropic).max_tokens() == 9);
  CHECK(anthropic.columns().empty());
  const auto gemini = made(R"({"key":"k","request":{"contents":[{"parts":[{"text":"hi"}]}]}})");
  CHECK(gemini.id() == "k");
  CHECK(text_of(gemini) == "hi");
  const auto embedding = made(R"({"custom_id":"e","url":"/v1/embeddings","body":{"model":"m","input":["a","b"]}})");
  CHECK(std::get<task_request>(embedding.request()).texts().size() == 2);
  const auto completion = made(R"({"custom_id":"e","url":"/v1/completions","body":{"model":"m","prompt":"a"}})");
  CHECK(std::get<text_generation>(completion.request()).prompt() == "a");
  CHECK(text_of(made(R"({"custom_id":"e","url":"/v1/responses","body":{"model":"m","input":"a"}})")) == "a");
  CHECK(std::get<task_request>(
            made(R"({"custom_id":"e","url":"/v1/images/generations","body":{"prompt":"a"}})").request())
            .what() == task_kind::text_to_image);
}

TEST_CASE("messages, prompts and texts stand among other members: parameters are sent, the rest are columns") {
  const auto item = made(
      R"({"id":5,"messages":[{"role":"user","content":"hi"}],"temperature":0,"top_k":3,"label":"x","reasoning":"y"})");
  CHECK(item.id() == "5");
  CHECK(chat_of(item).temperature() == 0.0);
  REQUIRE(chat_of(item).extra_body().size() == 1);
  CHECK(chat_of(item).extra_body()[0].first == "top_k");
  CHECK(item.columns() == R"({"label":"x","reasoning":"y"})");
  CHECK(text_of(made(R"({"prompt":"hi","max_tokens":3})")) == "hi");
  CHECK(text_of(made(R"({"text":"hi"})")) == "hi");
  CHECK(text_of(made(R"({"input":"hi"})")) == "hi");
  CHECK(text_of(made(R"({"prompt":[{"role":"user","content":"hi"}]})")) == "hi");
  const auto with = made(R"({"prompt":"hi","system":"s","extra_body":{"a":1}})");
  CHECK(chat_of(with).messages().front().content() == "s");
  CHECK(chat_of(with).extra_body()[0].first == "a");
  CHECK(text_of(made(R"("a line")")) == "a line");
}

TEST_CASE("a row that is no request is rejected with its place, and the names that it has") {
  CHECK(why(made(R"({"question":"q","id":"x"})")) ==
        "in.jsonl:7: the row is no request: it has question, id, and no messages, prompt, text, input or body; a "
        "template such as 'Summarise: {{question}}' makes one of it");
  CHECK(made(R"({"question":"q","id":"x"})").id() == "x");
  CHECK(why(made(R"({"body":{},"custom_id":"a"})")) ==
        "in.jsonl:7: the request has neither messages, nor a prompt, nor an input");
  CHECK(has(why(made(R"({"custom_id":"a","url":"/v1/moderations","body":{"input":"x"}})")),
            "the endpoint /v1/moderations is none of"));
  CHECK(has(why(made(R"({"custom_id":"a","method":"GET","url":"/v1/responses","body":{}})")), "GET, not POST"));
  CHECK(has(why(made(R"({"messages":[{"content":"x"}]})")), "in.jsonl:7: message 1 has no role"));
  CHECK(has(why(made("{broken")), "in.jsonl:7: not JSON"));
  CHECK(made("{broken").id() == "in.jsonl:7");
}

TEST_CASE("ids: the first of custom_id, id and key, or the named column; numbers become text; else the place") {
  CHECK(made(R"({"key":"k","id":"i","custom_id":"c","text":"x"})").id() == "c");
  CHECK(made(R"({"key":"k","id":null,"text":"x"})").id() == "k");
  CHECK(made(R"({"id":12345678901234567890,"text":"x"})").id() == "12345678901234567890");
  CHECK(made(R"({"text":"x"})").id() == "in.jsonl:7");
  CHECK(made(R"({"id":"","text":"x"})").id() == "in.jsonl:7");
  batch_input named;
  named.id("meta.ticket");
  const auto item = made(R"({"meta":{"ticket":4},"id":"i","text":"x"})", named);
  CHECK(item.id() == "4");
  CHECK(item.columns() == R"({"meta":{"ticket":4},"id":"i"})");
  CHECK(why(made(R"({"id":"i","text":"x"})", named)) ==
        "in.jsonl:7: there is no column 'meta.ticket' (there are id, text)");
  CHECK(has(why(made(R"({"id":[1],"text":"x"})")), "the id is neither a text nor a number"));
  CHECK(has(why(made(R"({"id":")" + std::string(513, 'x') + R"(","text":"x"})")), "longer than 512 bytes"));
  CHECK(input::place_id("a.csv", 17) == "a.csv:17");
  CHECK(input::place_id(std::string(600, 'x'), 17).size() < 30);
  CHECK(input::place_id(std::string(600, 'x'), 17) != input::place_id(std::string(600, 'y'), 17));
}

TEST_CASE("a template makes a chat of any row, and all of the row passes through") {
  batch_input o;
  o.prompt("Summarise {{ title }}: {{meta.tags.1}} {{{{x}} {{n}}").system("Be {{tone}}.");
  const auto item = made(R"({"id":"a","title":"T","meta":{"tags":["u","v"]},"n":1.5,"tone":"brief"})", o);
  CHECK(text_of(item) == "Summarise T: v {{x}} 1.5");
  CHECK(chat_of(item).messages().front().content() == "Be brief.");
  CHECK(item.id() == "a");
  CHECK(item.columns() == R"({"id":"a","title":"T","meta":{"tags":["u","v"]},"n":1.5,"tone":"brief"})");
  CHECK(why(made(R"({"title":"T"})", o)) == "in.jsonl:7: there is no column 'tone' (there are title)");
  CHECK(has(refusal([] { input::item_maker(batch_input().prompt("a {{b")); }), "without a '}}'"));
  CHECK(has(refusal([] { input::item_maker(batch_input().prompt("a {{ }}")); }), "without a name"));
  const auto line = input::item_maker(batch_input()).make(input::json_row("\"x\"", 1), "a.txt");
  CHECK(line.columns().empty());
}

TEST_CASE("a system message goes to rows that have none, in every form") {
  batch_input o;
  o.system("s");
  for (const auto* row : {R"({"text":"x"})", R"({"messages":[{"role":"user","content":"x"}]})",
                          R"({"custom_id":"a","body":{"messages":[{"role":"user","content":"x"}]}})",
                          R"({"custom_id":"a","url":"/v1/responses","body":{"input":"x"}})",
                          R"({"custom_id":"a","params":{"max_tokens":1,"messages":[{"role":"user","content":"x"}]}})",
                          R"({"key":"a","request":{"contents":[{"parts":[{"text":"x"}]}]}})"}) {
    CAPTURE(row);
    const auto item = made(row, o);
    const auto& c = chat_of(item);
    REQUIRE(c.messages().size() == 2);
    CHECK(c.messages()[0].role() == "system");
    CHECK(c.messages()[0].content() == "s");
  }
  const auto own = made(R"({"messages":[{"role":"system","content":"own"},{"role":"user","content":"x"}]})", o);
  CHECK(chat_of(own).messages().size() == 2);
  CHECK(chat_of(own).messages()[0].content() == "own");
}

TEST_CASE("cells of a table are columns in the header's order, whatever they are called") {
  const input::item_maker maker{batch_input()};
  const auto item = maker.make(table_row({{"id", "9"}, {"text", "hi"}, {"model", "T-Ford"}, {"n", "3"}}), "cars.csv");
  CHECK(text_of(item) == "hi");
  CHECK(chat_of(item).model().empty());
  CHECK_FALSE(chat_of(item).n());
  CHECK(item.columns() == R"({"id":"9","text":"hi","model":"T-Ford","n":"3"})");
  const batch_input o = batch_input().select("n").select("id");
  const auto chosen = input::item_maker(o).make(table_row({{"id", "9"}, {"text", "hi"}, {"n", "3"}}), "cars.csv");
  CHECK(chosen.columns() == R"({"n":"3","id":"9"})");
}

TEST_CASE("the model can be set for all, and every item can be changed or made by the program") {
  batch_input o;
  o.model("all").each([](batch_item& item) { std::get<chat>(item.request()).max_tokens(7); });
  const auto item = made(R"({"text":"x","model":"own"})", o);
  CHECK(chat_of(item).model() == "all");
  CHECK(chat_of(item).max_tokens() == 7);
  batch_input own;
  own.maker([](const batch_row& row) -> batch_item::request_type {
    if (!row.at("a.b"))
      throw error(errc::invalid_argument, "no b");
    return chat().user(*row.at("a.b") + std::string(row.origin()) + row.json());
  });
  CHECK(text_of(made(R"({"a":{"b":"x"}})", own)) == R"(xin.jsonl:7{"a":{"b":"x"}})");
  CHECK(why(made(R"({"a":1})", own)) == "in.jsonl:7: no b");
}

TEST_CASE("a task that is named for all reads texts, structured inputs and parameters") {
  batch_input o;
  o.task(task_kind::feature_extraction);
  const auto text = made(R"({"text":"x","id":"a","label":1,"model":"m"})", o);
  const auto& t = std::get<task_request>(text.request());
  CHECK(t.texts().front() == "x");
  CHECK(t.model() == "m");
  CHECK(text.columns() == R"({"label":1})");
  o.task(task_kind::question_answering);
  const auto qa = made(R"({"id":"a","question":"q","context":"c"})", o);
  CHECK(std::get<task_request>(qa.request()).field("question"));
  CHECK(qa.columns().empty());
  o.task(task_kind::summarization);
  CHECK(std::get<task_request>(made(R"({"inputs":"x","parameters":{"truncation":"longest_first"}})", o).request())
            .parameter("truncation"));
  CHECK(has(why(made(R"({"inputs":7})", o)), "in.jsonl:7: summarization takes"));
  o.task(task_kind::text_generation);
  const auto generation = made(R"({"prompt":"x","parameters":{"max_new_tokens":4,"temperature":0.5}})", o);
  CHECK(std::get<text_generation>(generation.request()).max_new_tokens() == 4);
  o.task(task_kind::image_classification);
  CHECK(std::get<task_request>(made(R"({"url":"https://h/i"})", o).request()).inputs().front().url == "https://h/i");
  CHECK(has(why(made(R"({"file":"/nowhere/x.png"})", o)), "/nowhere/x.png"));
  CHECK(has(why(made(R"({"label":"x"})", o)), "the row names no file"));
}

TEST_CASE("random JSON never crashes the making of items, and gives one item each") {
  std::uint64_t state = 5;
  const auto random = [&state](std::uint64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % n;
  };
  const std::string keys[] = {"body",       "params",   "request",   "messages",    "prompt",       "text",
                              "input",      "id",       "custom_id", "role",        "content",      "parts",
                              "contents",   "url",      "tools",     "tool_choice", "system",       "type",
                              "tool_calls", "function", "source",    "stop",        "input_schema", "response_format",
                              "model"};
  const std::function<std::string(int)> value = [&](int depth) -> std::string {
    switch (random(depth > 4 ? 5 : 8)) {
    case 0: return "null";
    case 1: return "7";
    case 2: return "\"user\"";
    case 3: return "\"tool_use\"";
    case 4: return "true";
    case 5: return "[" + value(depth + 1) + "," + value(depth + 1) + "]";
    default: {
      const auto a = random(std::size(keys)), b = (a + 1 + random(std::size(keys) - 1)) % std::size(keys);
      return "{\"" + keys[a] + "\":" + value(depth + 1) + ",\"" + keys[b] + "\":" + value(depth + 1) + "}";
    }
    }
  };
  std::vector<batch_input> all(4);
  all[1].prompt("{{text}}").system("x");
  all[2].task(task_kind::text_generation).system("y");
  all[3].task(task_kind::zero_shot_classification);
  for (int i = 0; i < 20'000; ++i) {
    const auto text = "{\"" + keys[random(std::size(keys))] + "\":" + value(0) + "}";
    CAPTURE(text);
    const auto item = made(text, all[random(all.size())]);
    CHECK_FALSE(item.id().empty());
    if (!item.rejection())
      CHECK(batch_fingerprint(item.request()) != 0);
  }
}
