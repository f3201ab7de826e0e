// Recorded answers as bytes and back, and as other forms of the same answer.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include <weir/task/results.hpp>
#include <weir/task/text_generation.hpp>

#include "policy/cache/answer_codec.hpp"
#include "policy/seed.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

namespace {

event with(event::kind k, std::string text, event::details d, std::uint32_t choice = 0) {
  return {k, std::move(text), choice, std::make_shared<const event::details>(std::move(d))};
}

token_logprob logprob(std::string token, double p) {
  token_logprob t(std::move(token), p);
  t.bytes = {0xe2, 0x82, 0xac};
  t.top = {token_logprob("x", std::nullopt), token_logprob("y", -0.5)};
  return t;
}

usage used() {
  usage u;
  u.prompt_tokens = 12;
  u.completion_tokens = 0;
  u.cost = 0.1;
  u.units.set(usage_unit::input_text, 12);
  u.units.set(usage_unit::cache_read, 0);
  u.estimated = true;
  return u;
}

// Every member of everything that is kept.
recorded_answer stream() {
  recorded_answer a;
  a.operation = "chat";
  a.provider = "acme";
  a.model = "m";
  a.url = "https://acme.test/v1/chat/completions";
  a.usage = used();
  a.finish_reason = "stop";
  a.info.id = "id-1";
  a.info.model = "m-2";
  a.info.system_fingerprint = "fp";
  a.info.created = -5;
  a.info.service_tier = "flex";
  a.info.speed = "fast";
  const auto raw = std::make_shared<const std::string>("{\"a\":1}");
  event::details d;
  d.logprobs = {logprob("€", -1.5)};
  d.raw = raw;
  a.events.emplace_back(with(event::kind::text, "Hello", d), 5ms);
  event::details same;
  same.raw = raw;
  a.events.emplace_back(with(event::kind::text, std::string("\0binary", 7), same, 1), 0ms);
  a.events.emplace_back(event(event::kind::reasoning, "so"), 1us);
  event::details call;
  call.tool_index = 2;
  call.tool_id = "call-1";
  call.tool_name = "f";
  a.events.emplace_back(with(event::kind::tool_call, "{}", call), 1h);
  event::details m;
  m.media = media("bytes", "image/png");
  m.media.url = "https://acme.test/1";
  m.media_index = 1;
  a.events.emplace_back(with(event::kind::media, "", m), 1ms);
  event::details t;
  t.token = token_info();
  t.token->id = -7;
  t.token->text = "t";
  t.token->logprob = -0.25;
  t.token->special = true;
  t.top_tokens = {*t.token, *t.token};
  t.generated_text = "whole";
  t.seed = 1;
  t.input_length = 2;
  t.generated_tokens = 3;
  t.finish_reason = "eos_token";
  a.events.emplace_back(with(event::kind::finish, "", t), 1ms);
  event::details u;
  u.usage = used();
  a.events.emplace_back(with(event::kind::usage, "", u), 1ms);
  a.events.emplace_back(event(event::kind::reasoning_block, "{\"sig\":1}"), 1ms);
  return a;
}

bool same(const token_info& a, const token_info& b) {
  return a.id == b.id && a.text == b.text && a.logprob == b.logprob && a.special == b.special;
}
bool same(const token_logprob& a, const token_logprob& b) {
  return a.token == b.token && a.logprob == b.logprob && a.bytes == b.bytes &&
         std::equal(a.top.begin(), a.top.end(), b.top.begin(), b.top.end(),
                    [](const auto& x, const auto& y) { return same(x, y); });
}
bool same(const media& a, const media& b);
bool same(const choice& a, const choice& b);
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const T& x, const T& y) { return same(x, y); });
}
bool same(const media& a, const media& b) {
  return a.bytes == b.bytes && a.content_type == b.content_type && a.url == b.url && a.name == b.name;
}
bool same(const answer_info& a, const answer_info& b) {
  return a.id == b.id && a.model == b.model && a.system_fingerprint == b.system_fingerprint && a.created == b.created &&
         a.service_tier == b.service_tier && a.speed == b.speed;
}
bool same(const event& a, const event& b) {
  if (a.type() != b.type() || a.content() != b.content() || a.choice() != b.choice() || !a.more() != !b.more())
    return false;
  if (!a.more())
    return true;
  const auto &x = *a.more(), &y = *b.more();
  const bool tokens = x.token.has_value() == y.token.has_value() && (!x.token || same(*x.token, *y.token));
  return tokens && x.tool_index == y.tool_index && x.tool_id == y.tool_id && x.tool_name == y.tool_name &&
         x.finish_reason == y.finish_reason && x.usage == y.usage && same(x.media, y.media) &&
         x.media_index == y.media_index && same(x.logprobs, y.logprobs) && same(x.top_tokens, y.top_tokens) &&
         x.generated_text == y.generated_text && x.seed == y.seed && x.input_length == y.input_length &&
         x.generated_tokens == y.generated_tokens && a.raw() == b.raw();
}
bool same(const choice& a, const choice& b) {
  return a.index == b.index && a.text == b.text && a.reasoning == b.reasoning &&
         a.reasoning_blocks == b.reasoning_blocks && a.refusal == b.refusal && a.tool_calls == b.tool_calls &&
         same(a.media, b.media) && a.finish_reason == b.finish_reason && same(a.logprobs, b.logprobs);
}

completion whole() {
  completion c;
  c.choices.resize(2);
  c.choices[0].text = "Hello";
  c.choices[0].reasoning = "so";
  c.choices[0].reasoning_blocks = {"{\"a\":1}", "{}"};
  c.choices[0].refusal = "no";
  c.choices[0].tool_calls = {tool_call("1", "f", "{\"x\":1}"), tool_call("2", "g", "")};
  c.choices[0].media = {media("png", "image/png"), media("jpg", "image/jpeg")};
  c.choices[0].finish_reason = "stop";
  c.choices[0].logprobs = {logprob("Hel", -1), logprob("lo", -2)};
  c.choices[1].index = 1;
  c.choices[1].text = "Hallo";
  c.choices[1].finish_reason = "tool_calls";
  c.outcome = outcome::complete;
  c.usage = used();
  c.info.id = "x";
  return c;
}

} // namespace

TEST_CASE("a recorded stream is read back as it was") {
  const auto a = stream();
  const auto b = decode_answer(encode_answer(a));
  REQUIRE(b);
  CHECK(b->operation == a.operation);
  CHECK(b->provider == a.provider);
  CHECK(b->model == a.model);
  CHECK(b->url == a.url);
  CHECK(b->usage == a.usage);
  CHECK(b->finish_reason == a.finish_reason);
  CHECK(same(b->info, a.info));
  REQUIRE(b->events.size() == a.events.size());
  for (std::size_t i = 0; i < a.events.size(); ++i) {
    INFO(i);
    CHECK(same(b->events[i].what, a.events[i].what));
    CHECK(b->events[i].gap == a.events[i].gap);
  }
  CHECK(b->bytes > 1000);
}

TEST_CASE("results of every kind that is cached are read back as they were") {
  recorded_answer a;
  a.streamed = false;
  a.raw = "{}";
  a.result = whole();
  auto b = decode_answer(encode_answer(a));
  REQUIRE(b);
  CHECK(b->raw == "{}");
  const auto c = std::any_cast<completion>(b->result), before = whole();
  CHECK(same(c.choices, before.choices));
  CHECK(c.usage == before.usage);
  CHECK(c.outcome == outcome::complete);
  CHECK(c.info.id == "x");

  generation g;
  g.sequence.text = "text";
  g.sequence.finish_reason = "length";
  g.sequence.generated_tokens = 4;
  g.sequence.seed = 5;
  g.sequence.tokens.resize(2);
  g.sequence.tokens[1].id = 9;
  g.sequence.prefill.resize(1);
  g.sequence.top_tokens.resize(2);
  g.sequence.top_tokens[0].resize(3);
  g.best_of.resize(1);
  g.best_of[0].text = "other";
  a.result = g;
  b = decode_answer(encode_answer(a));
  REQUIRE(b);
  const auto h = std::any_cast<generation>(b->result);
  CHECK(h.sequence.text == "text");
  CHECK(h.sequence.seed == 5);
  CHECK_FALSE(h.sequence.input_length);
  CHECK(same(h.sequence.tokens, g.sequence.tokens));
  CHECK(same(h.sequence.top_tokens, g.sequence.top_tokens));
  CHECK(h.sequence.prefill.size() == 1);
  CHECK(h.best_of[0].text == "other");

  embeddings e;
  e.values = {0.5f, -1e-30f, 3e38f};
  e.shape = {1, 3};
  e.counts = {1};
  e.usage = used();
  a.result = e;
  b = decode_answer(encode_answer(a));
  REQUIRE(b);
  const auto f = std::any_cast<embeddings>(b->result);
  CHECK(f.values == e.values);
  CHECK(f.shape == e.shape);
  CHECK(f.counts == e.counts);
  CHECK(f.usage == e.usage);

  a.result = std::string("of another task");
  CHECK(encode_answer(a).empty());
}

TEST_CASE("an answer in one piece has the same choices as a stream") {
  const auto before = whole();
  recorded_answer a;
  for (auto& e : events_of(before))
    a.events.emplace_back(std::move(e), duration());
  a.usage = before.usage;
  a.info = before.info;
  const auto after = completion_of(a);
  CHECK(same(after.choices, before.choices));
  CHECK(after.usage == before.usage);
  CHECK(after.info.id == before.info.id);
  CHECK(after.outcome == outcome::complete);
}

TEST_CASE("bytes that were damaged are no answer, whatever they are") {
  const auto good = encode_answer(stream());
  REQUIRE(decode_answer(good));
  CHECK_FALSE(decode_answer(""));
  for (std::size_t n = 0; n < good.size(); ++n)
    CHECK_FALSE(decode_answer(good.substr(0, n)));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x41);
    CHECK_FALSE(decode_answer(bad));
  }
}

TEST_CASE("bytes with a right check sum and wrong contents do no harm") {
  const auto from = seed();
  INFO(replay(from, "bytes with a right check sum and wrong contents do no harm"));
  std::mt19937_64 random(from);
  const auto good = encode_answer(stream());
  for (int i = 0; i < 20'000; ++i) {
    auto bad = good.substr(0, good.size() - 8);
    for (int n = 1 + static_cast<int>(random() % 4); n > 0; --n)
      bad[1 + random() % (bad.size() - 1)] = static_cast<char>(random());
    if (random() % 3 == 0)
      bad.resize(1 + random() % bad.size());
    std::uint64_t sum = 14695981039346656037u;
    for (const char c : bad)
      sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211u;
    for (int b = 0; b < 8; ++b)
      bad += static_cast<char>(sum >> (8 * b));
    if (const auto read = decode_answer(bad))
      CHECK(decode_answer(encode_answer(*read)));
  }
}
