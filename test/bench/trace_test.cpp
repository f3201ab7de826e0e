#include <doctest/doctest.h>

#include <set>
#include <string>

#include <weir/core/error.hpp>

#include "bench/data/filler.hpp"
#include "bench/data/trace.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using data::trace_kind;

codec::json::object row(std::string_view text) {
  error_code ec;
  auto v = codec::parse_json(text, ec);
  REQUIRE_FALSE(ec);
  return v.as_object();
}

data::trace_entry entry(std::string_view text) {
  const auto r = row(text);
  const auto kind = data::trace_of(r);
  REQUIRE(kind);
  return data::read_trace(*kind, r);
}

std::string refusal(std::string_view text) {
  try {
    entry(text);
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.what();
  }
  return {};
}

std::size_t words(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text)
    n += c == ' ';
  return n;
}

} // namespace

TEST_CASE("each trace is known by its members, and read in its units") {
  const auto m = entry(R"({"timestamp":27482,"input_length":6955,"output_length":52,"hash_ids":[46,47,2353]})");
  CHECK(m.at == 27'482ms);
  CHECK(m.input_tokens == 6955);
  CHECK(m.output_tokens == 52);
  CHECK(m.blocks == std::vector<std::uint64_t>{46, 47, 2353});
  CHECK(m.block_tokens == 512);

  const auto b = entry(
      R"({"chat_id":159,"parent_chat_id":55,"timestamp":61.114,"input_length":521,"output_length":132,"type":"text","turn":2,"hash_ids":[1089,1090]})");
  CHECK(b.at == 61'114ms);
  CHECK(b.block_tokens == 16);

  const auto g = entry(
      R"({"Timestamp":"45.5","Session ID":"12","Elapsed time":"3.1","Model":"ChatGPT","Request tokens":"472","Response tokens":"18","Total tokens":"490","Log Type":"Conversation log"})");
  CHECK(g.at == 45'500ms);
  CHECK(g.input_tokens == 472);
  CHECK(g.output_tokens == 18);

  const auto first =
      entry(R"({"TIMESTAMP":"2023-11-16 18:17:03.9799600","ContextTokens":"4808","GeneratedTokens":"10"})");
  const auto later = entry(
      R"({"TIMESTAMP":"2023-11-16 18:17:04.0319600","NumImages":"2","ContextTokens":"3180","GeneratedTokens":"8"})");
  CHECK((*later.at - *first.at + 500ns) / 1us == 52'000);
  CHECK(later.images == 2);
  const auto zone =
      entry(R"({"TIMESTAMP":"2024-05-10 00:00:00.009930+00:00","ContextTokens":"1","GeneratedTokens":"1"})");
  CHECK(zone.at->count() % 1'000'000'000 == 9'930'000);

  const auto own =
      entry(R"({"delay":500,"session_id":"s","messages":[{"role":"user","content":"hi"}],"extra":{"temperature":0}})");
  CHECK_FALSE(own.at);
  CHECK(own.delay == 500ms);
  CHECK(own.session == "s");
  CHECK(own.messages.size() == 1);
  CHECK(own.extra.contains("temperature"));
  CHECK(entry(R"({"timestamp":1,"text_input":"hello"})").text == "hello");
  CHECK(entry(R"({"timestamp":1,"payload":{"model":"m"}})").body.size() == 1);

  CHECK(entry(R"({"timestamp":"2026-01-02T03:04:05.5Z","messages":[{"role":"user","content":"hi"}]})").at->count() %
            1'000'000'000 ==
        500'000'000);
  CHECK(entry(R"({"Timestamp":"1","Request tokens":"5","Response tokens":"0"})").failed);
  CHECK_FALSE(entry(R"({"Timestamp":"1","Request tokens":"5","Response tokens":"1"})").failed);
  CHECK(entry(R"({"session_id":1,"messages":[{"role":"user","content":"hi"}]})").whole);
  CHECK_FALSE(entry(R"({"session_id":1,"message_mode":"delta","messages":[{"role":"user","content":"hi"}]})").whole);
  CHECK_FALSE(entry(R"({"session_id":1,"input_length":5,"output_length":1})").whole);

  CHECK_FALSE(data::trace_of(row(R"({"prompt":"x"})")));
  CHECK_FALSE(data::trace_of(row(R"({"messages":[{"role":"user","content":"hi"}]})")));
}

TEST_CASE("a row that is wrong says which member is") {
  CHECK(refusal(R"({"timestamp":-1,"input_length":1})").find("\"timestamp\"") == 0);
  CHECK(refusal(R"({"timestamp":"soon","input_length":1})").find("soon") != std::string::npos);
  CHECK(refusal(R"({"timestamp":1,"input_length":-4})").find("\"input_length\"") == 0);
  CHECK(refusal(R"({"timestamp":1,"input_length":1e300})").find("\"input_length\"") == 0);
  CHECK(refusal(R"({"timestamp":1e300,"input_length":1})").find("\"timestamp\"") == 0);
  CHECK(refusal(R"({"timestamp":1,"input_length":1,"hash_ids":[1.5]})").find("\"hash_ids\"") == 0);
  CHECK(refusal(R"({"timestamp":1,"input_length":0})").find("no prompt") != std::string::npos);
  CHECK(refusal(R"({"TIMESTAMP":"today","ContextTokens":"1"})").find("\"TIMESTAMP\"") == 0);
  CHECK(refusal(R"({"TIMESTAMP":"1677-01-01 00:00:00","ContextTokens":"1"})").find("\"TIMESTAMP\"") == 0);
  CHECK(refusal(R"({"timestamp":1,"input_length":10000001})").find("from 0 to 10,000,000") != std::string::npos);
  CHECK(refusal(R"({"Timestamp":"","Request tokens":"1"})").find("missing") != std::string::npos);
}

TEST_CASE("equal blocks are equal text, others are not") {
  const auto a = data::prompt_of(entry(R"({"timestamp":1,"input_length":1500,"hash_ids":[1,2,3]})"), 1);
  const auto b = data::prompt_of(entry(R"({"timestamp":2,"input_length":1300,"hash_ids":[1,2,4]})"), 2);
  CHECK(words(a) == 1500);
  CHECK(words(b) == 1300);
  const auto shared = data::prompt_of(entry(R"({"timestamp":1,"input_length":1024,"hash_ids":[1,2]})"), 9);
  CHECK(a.substr(0, shared.size()) == shared);
  CHECK(b.substr(0, shared.size()) == shared);
  CHECK(a.substr(shared.size(), 200) != b.substr(shared.size(), 200));
  // Without blocks each has a text of its own, from its first word on.
  std::set<std::string> beginnings;
  for (std::uint64_t i = 0; i < 500; ++i)
    beginnings.insert(data::prompt_of(entry(R"({"timestamp":1,"input_length":40})"), i).substr(0, 60));
  CHECK(beginnings.size() == 500);
}

TEST_CASE("filler is the same everywhere, and as long as wanted") {
  std::string text;
  data::append_filler(text, 42, 8);
  CHECK(text == " with many off book story place came side");
  std::string longer;
  data::append_filler(longer, 42, 100'000);
  CHECK(longer.substr(0, text.size()) == text);
  CHECK(words(longer) == 100'000);
}
