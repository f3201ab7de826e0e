// Pieces and complete values of one answer, in the forms that servers send: each thing once, nothing lost.
#include <doctest/doctest.h>

#include "provider/chat/readings.hpp"

using namespace weir;
using namespace transcripts;
using calls = std::vector<tool_call>;

namespace {

std::string whole_message(const std::string& content, const std::string& finish = "null") {
  return R"({"choices":[{"index":0,"message":{"role":"assistant","content":")" + content + R"("},"finish_reason":)" +
         finish + "}]}";
}

calls called(const std::vector<std::string>& lists) {
  std::vector<named> events;
  for (const auto& l : lists)
    events.emplace_back(piece(R"({"tool_calls":)" + l + "}"));
  events.emplace_back(end("tool_calls"));
  return streamed("openai", events).answer.tool_calls();
}

outcome_of_decoding response(std::vector<std::string> events, const std::string& output) {
  std::vector<named> all(events.begin(), events.end());
  all.emplace_back(R"({"type":"response.completed","response":{"status":"completed","output":)" + output + "}}");
  return streamed("openai-responses", all);
}

} // namespace

TEST_CASE("a message alongside or after the deltas is not emitted again") {
  const std::string both =
      R"({"choices":[{"index":0,"delta":{"content":"lo"},"message":{"content":"Hello"},"finish_reason":null}]})";
  CHECK(streamed("openai", {text("Hel"), both, whole_message("Hello", "\"stop\"")}).answer.text() == "Hello");
  CHECK(streamed("openai", {text("Hel"), text("lo"), whole_message("Hello", "\"stop\"")}).answer.text() == "Hello");
  // What only the message has is not lost; nothing is invented where it contradicts the deltas.
  CHECK(streamed("openai", {text("Hel"), whole_message("Hello", "\"stop\"")}).answer.text() == "Hello");
  CHECK(streamed("openai", {whole_message("Hello", "\"stop\"")}).answer.text() == "Hello");
  CHECK(streamed("openai", {text(" Hello"), whole_message("Hello", "\"stop\"")}).answer.text() == " Hello");
}

TEST_CASE("a call in a message after its pieces is not emitted again") {
  const std::string whole =
      R"({"choices":[{"index":0,"message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}},
                               {"id":"b","function":{"name":"g","arguments":"{}"}}]},"finish_reason":"tool_calls"}]})";
  const auto r =
      streamed("openai",
               {piece(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}]})"), whole});
  CHECK(r.answer.tool_calls() == calls{{"a", "f", R"({"x":1})"}, {"b", "g", "{}"}});
}

TEST_CASE("a server that repeats the whole text in every event is understood, or refused") {
  const auto all = [](std::vector<std::string> texts) {
    std::vector<named> events;
    for (const auto& t : texts)
      events.emplace_back(text(t));
    events.emplace_back(end());
    return streamed("openai", events).answer;
  };
  CHECK(all({"Hel", "Hello", "Hello, sea", "Hello, sea"}).text() == "Hello, sea");
  CHECK(all({"Hel", "Hello"}).text() == "Hello");
  const auto changed = all({"Hel", "Hello", "Hello, sea", "Goodbye"});
  CHECK(changed.outcome == outcome::truncated);
  CHECK(changed.text() == "Hello, sea");
  // A last event with the complete text, after pieces.
  CHECK(all({"The tide rises ", "and it falls again.", "The tide rises and it falls again."}).text() ==
        "The tide rises and it falls again.");
  // This only looks like repetition.
  CHECK(all({"-", "--", "----"}).text() == "-------");
  CHECK(all({"ha", "ha", "ha!"}).text() == "hahaha!");
  CHECK(all({"1", "10", "0"}).text() == "1100");
  CHECK(all({"\\n", "\\n"}).text() == "\n\n");
}

TEST_CASE("every dialect understands a server that repeats itself") {
  const std::pair<std::string, std::pair<std::string, std::string>> forms[] = {
      {"anthropic", {R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")", R"("}})"}},
      {"openai-responses", {R"({"type":"response.output_text.delta","delta":")", R"("})"}},
      {"gemini", {R"({"candidates":[{"content":{"parts":[{"text":")", R"("}]}}]})"}},
      {"cohere-v2", {R"({"type":"content-delta","delta":{"message":{"content":{"text":")", R"("}}}})"}},
      {"ollama", {R"({"message":{"content":")", R"("},"done":false})"}},
  };
  for (const auto& [id, form] : forms) {
    CAPTURE(id);
    std::vector<named> events;
    for (const char* t : {"Hel", "Hello", "Hello, sea"})
      events.emplace_back(form.first + t + form.second);
    CHECK(streamed(id, events).answer.text() == "Hello, sea");
  }
}

TEST_CASE("pieces of calls are matched to their call by number, id, position or order") {
  // By position, without numbers.
  CHECK(called(
            {R"([{"id":"a","function":{"name":"f","arguments":""}},{"id":"b","function":{"name":"g","arguments":""}}])",
             R"([{"function":{"arguments":"{\"x\":"}},{"function":{"arguments":"{\"y\":"}}])",
             R"([{"function":{"arguments":"1}"}},{"function":{"arguments":"2}"}}])"}) ==
        calls{{"a", "f", R"({"x":1})"}, {"b", "g", R"({"y":2})"}});
  // All numbered 0 and without ids: another name, or complete arguments, start the next call.
  CHECK(called({R"([{"index":0,"function":{"name":"f","arguments":"{\"x\":1}"}}])",
                R"([{"index":0,"function":{"name":"f","arguments":"{\"x\":2}"}}])",
                R"([{"index":0,"function":{"name":"g","arguments":"{}"}}])"}) ==
        calls{{"", "f", R"({"x":1})"}, {"", "f", R"({"x":2})"}, {"", "g", "{}"}});
  // A different id for every piece of one call.
  CHECK(called({R"([{"index":0,"id":"a1","function":{"name":"f","arguments":"{\"x\""}}])",
                R"([{"index":0,"id":"a2","function":{"name":"f","arguments":":1}"}}])"}) ==
        calls{{"a1", "f", R"({"x":1})"}});
  // An id that arrives late, and a list that is not an array.
  CHECK(called({R"([{"function":{"name":"f"}}])", R"({"id":"a","function":{"arguments":"{}"}})"}) ==
        calls{{"a", "f", "{}"}});
}

TEST_CASE("a name may arrive complete, repeated, growing or split") {
  for (const auto& pieces :
       {std::vector<std::string>{"get_tide"}, {"get_", "tide"}, {"get_", "get_tide"}, {"get_tide", "get_tide"}}) {
    std::vector<std::string> lists;
    for (const auto& p : pieces)
      lists.push_back(R"([{"index":0,"id":"a","function":{"name":")" + p + R"(","arguments":""}}])");
    lists.push_back(R"([{"index":0,"function":{"arguments":"{}"}}])");
    CHECK(called(lists) == calls{{"a", "get_tide", "{}"}});
    const auto r = streamed("openai", {named(piece(R"({"tool_calls":)" + lists[0] + "}"))});
    REQUIRE(r.events.size() == 1); // even if nothing follows
  }
}

TEST_CASE("arguments that are repeated in full at the end are not doubled") {
  CHECK(called({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}])",
                R"([{"index":0,"function":{"arguments":":1}"}}])",
                R"([{"index":0,"function":{"arguments":"{\"x\":1}"}}])"}) == calls{{"a", "f", R"({"x":1})"}});
  CHECK(called({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}])",
                R"([{"index":0,"function":{"arguments":"{\"x\":1}"}}])"}) == calls{{"a", "f", R"({"x":1})"}});
}

TEST_CASE("an empty object before or after the arguments is not part of them") {
  const std::string begun = R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}])",
                    bit = R"([{"index":0,"function":{"arguments":"{\"x\""}}])",
                    rest = R"([{"index":0,"function":{"arguments":":1}"}}])",
                    late = R"([{"index":0,"function":{"arguments":"{}"}}])";
  CHECK(called({begun, bit, rest}) == calls{{"a", "f", R"({"x":1})"}});
  CHECK(called({R"([{"index":0,"id":"a","function":{"name":"f"}}])", bit, rest, late}) ==
        calls{{"a", "f", R"({"x":1})"}});
  CHECK(called({begun}) == calls{{"a", "f", "{}"}});
  CHECK(called({begun, R"([{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}])"}) ==
        calls{{"a", "f", "{}"}, {"b", "g", "{}"}});
  CHECK(called({R"([{"index":0,"function":{"name":"f","arguments":"{}"}}])",
                R"([{"index":0,"function":{"name":"g","arguments":"{}"}}])"}) ==
        calls{{"", "f", "{}"}, {"", "g", "{}"}});
}

TEST_CASE("the single call of legacy servers is a call") {
  const auto r = streamed("openai", {piece(R"({"function_call":{"name":"f","arguments":""}})"),
                                     piece(R"({"function_call":{"arguments":"{\"x\":1}"}})"), end("function_call")});
  CHECK(r.answer.tool_calls() == calls{{"", "f", R"({"x":1})"}});
  const auto plain = provider::decode_chat(
      R"({"choices":[{"message":{"content":null,"function_call":{"name":"f","arguments":"{}"}},"finish_reason":"function_call"}]})");
  CHECK(plain.tool_calls() == calls{{"", "f", "{}"}});
  CHECK(plain.outcome == outcome::complete);
  // From servers that write every member, even if empty.
  CHECK(
      provider::decode_chat(
          R"({"choices":[{"message":{"content":"a","function_call":{"name":"","arguments":""},"tool_calls":[{"function":{"name":"","arguments":""}}]},"finish_reason":""}]})")
          .tool_calls()
          .empty());
}

TEST_CASE("a response's items may arrive in pieces, when they are done, or only at the end") {
  const std::string item = R"({"type":"function_call","id":"i1","call_id":"c1","name":"f","arguments":"{\"x\":1}"})";
  const std::string begun =
      R"({"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"i1","call_id":"c1","name":"f","arguments":""}})";
  const std::string done = R"({"type":"response.output_item.done","output_index":0,"item":)" + item + "}";
  const std::string bit =
      R"({"type":"response.function_call_arguments.delta","item_id":"i1","output_index":0,"delta":"{\"x\""})";
  const std::string all =
      R"({"type":"response.function_call_arguments.done","item_id":"i1","output_index":0,"arguments":"{\"x\":1}"})";
  for (const auto& events : {std::vector<std::string>{},
                             {begun},
                             {done},
                             {begun, done},
                             {begun, bit},
                             {begun, bit, all, done},
                             {begun, all},
                             {bit, all, done}})
    CHECK(response(events, "[" + item + "]").answer.tool_calls() == calls{{"c1", "f", R"({"x":1})"}});
  for (const auto& events : {std::vector<std::string>{done}, {begun, bit, all}, {begun, done}})
    CHECK(response(events, "[]").answer.tool_calls() == calls{{"c1", "f", R"({"x":1})"}});
}

TEST_CASE("a response's calls are matched by item if they have no positions, and by position if ids change") {
  const auto begun = [](const std::string& id, const std::string& call) {
    return R"({"type":"response.output_item.added","item":{"type":"function_call","id":")" + id + R"(","call_id":")" +
           call + R"(","name":"f"}})";
  };
  const auto bit = [](const std::string& id, const std::string& more, const std::string& x) {
    return R"({"type":"response.function_call_arguments.delta","item_id":")" + id + "\"" + more +
           R"(,"delta":"{\"x\":)" + x + "}\"}";
  };
  const calls wanted{{"c1", "f", R"({"x":1})"}, {"c2", "f", R"({"x":2})"}};
  CHECK(response({begun("i1", "c1"), begun("i2", "c2"), bit("i1", "", "1"), bit("i2", "", "2")}, "[]")
            .answer.tool_calls() == wanted);
  const auto placed = [&](const std::string& id, const std::string& call, int at) {
    auto e = begun(id, call);
    e.insert(e.size() - 1, ",\"output_index\":" + std::to_string(at));
    return e;
  };
  CHECK(response({placed("i1", "c1", 0), placed("i2", "c2", 1), bit("z", ",\"output_index\":0", "1"),
                  bit("y", ",\"output_index\":1", "2")},
                 "[]")
            .answer.tool_calls() == wanted);
}

TEST_CASE("a response's text is emitted once, even across two messages, and what only the end has is not lost") {
  const auto said = [](int item, const std::string& t) {
    return R"({"type":"response.output_text.delta","item_id":"m)" + std::to_string(item) + R"(","output_index":)" +
           std::to_string(item) + R"(,"content_index":0,"delta":")" + t + "\"}";
  };
  const auto done = [](int item, const std::string& t) {
    return R"({"type":"response.output_text.done","item_id":"m)" + std::to_string(item) + R"(","output_index":)" +
           std::to_string(item) + R"(,"content_index":0,"text":")" + t + "\"}";
  };
  const auto whole = [](int item, const std::string& t) {
    return R"({"type":"message","id":"m)" + std::to_string(item) + R"(","content":[{"type":"output_text","text":")" +
           t + R"("}]})";
  };
  const std::string both = "[" + whole(0, "ebb, ") + "," + whole(1, "flood") + "]";
  CHECK(response({said(0, "eb"), said(0, "b, "), said(1, "flood")}, both).answer.text() == "ebb, flood");
  CHECK(response({said(0, "eb"), done(0, "ebb, "), done(1, "flood")}, both).answer.text() == "ebb, flood");
  CHECK(response({said(0, "eb")}, both).answer.text() == "ebb, flood");
  CHECK(response({done(0, "ebb, ")}, "[]").answer.text() == "ebb, ");
  CHECK(
      response(
          {R"({"type":"response.output_item.done","item":{"type":"message","content":[{"type":"output_text","text":"ebb"}]}})"},
          "[]")
          .answer.text() == "ebb");
  CHECK(response({R"({"type":"response.output_text.delta","delta":"ebb, flood"})"}, both).answer.text() ==
        "ebb, flood");
  CHECK(response({R"({"type":"response.refusal.done","refusal":"no"})"}, "[]").answer.choices[0].refusal == "no");
}

TEST_CASE("a custom tool's input becomes its call's arguments") {
  const std::string item = R"~({"type":"custom_tool_call","id":"i","call_id":"c","name":"code","input":"print(1)"})~";
  const std::string bit = R"~({"type":"response.custom_tool_call_input.delta","item_id":"i","delta":"print(1)"})~";
  CHECK(response({bit}, "[" + item + "]").answer.tool_calls() == calls{{"c", "code", "print(1)"}});
  CHECK(response({}, "[" + item + "]").answer.tool_calls() == calls{{"c", "code", "print(1)"}});
}

TEST_CASE("a second start of an Anthropic message does not mix up calls") {
  const auto start = R"({"type":"message_start","message":{"id":"m","content":[],"usage":{"input_tokens":15}}})";
  const auto tool = [](const std::string& id) {
    return R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":")" + id +
           R"(","name":"f","input":{}}})";
  };
  const auto bit = [](const std::string& x) {
    return R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"x\":)" + x +
           "}\"}}";
  };
  const auto r = streamed(
      "anthropic",
      {start, tool("a"), bit("1"), start, tool("b"), bit("2"),
       R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"input_tokens":0,"output_tokens":5}})",
       R"({"type":"message_stop"})"});
  CHECK(r.answer.tool_calls() == calls{{"a", "f", R"({"x":1})"}, {"b", "f", R"({"x":2})"}});
  CHECK(r.answer.usage.prompt_tokens == 15u);
  CHECK(r.answer.usage.completion_tokens == 5u);
}

TEST_CASE("arguments that Gemini sends path by path are assembled") {
  const auto part = [](const std::string& call) {
    return R"({"candidates":[{"content":{"parts":[{"functionCall":)" + call + "}]}}]}";
  };
  const auto r = streamed(
      "gemini",
      {part(R"({"name":"f","id":"a","willContinue":true})"),
       part(R"({"partialArgs":[{"jsonPath":"$.port","stringValue":"Bre","willContinue":true}],"willContinue":true})"),
       part(
           R"({"partialArgs":[{"jsonPath":"$.port","stringValue":"st"},{"jsonPath":"$.at[1]['h']","numberValue":3}],"willContinue":true})"),
       part("{}"), part(R"({"name":"g","args":{"k":true}})"), R"({"candidates":[{"finishReason":"STOP"}]})"});
  CHECK(r.answer.tool_calls() ==
        calls{{"a", "f", R"({"port":"Brest","at":[null,{"h":3}]})"}, {"call_1", "g", R"({"k":true})"}});
  const auto open =
      streamed("gemini", {part(R"({"name":"f","willContinue":true})"), R"({"candidates":[{"finishReason":"STOP"}]})"});
  CHECK(open.answer.tool_calls() == calls{{"call_0", "f", "{}"}});
}

TEST_CASE("pieces of Cohere's calls go to the call with their number") {
  const auto begin = [](int at, const std::string& id) {
    return R"({"type":"tool-call-start","index":)" + std::to_string(at) +
           R"(,"delta":{"message":{"tool_calls":{"id":")" + id + R"(","function":{"name":"f","arguments":""}}}}})";
  };
  const auto more = [](int at, const std::string& x) {
    return R"({"type":"tool-call-delta","index":)" + std::to_string(at) +
           R"(,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"x\":)" + x + "}\"}}}}}";
  };
  const auto r = streamed("cohere-v2", {begin(0, "a"), begin(1, "b"), more(0, "1"), more(1, "2"),
                                        R"({"type":"message-end","delta":{"finish_reason":"TOOL_CALL"}})"});
  CHECK(r.answer.tool_calls() == calls{{"a", "f", R"({"x":1})"}, {"b", "f", R"({"x":2})"}});
}
