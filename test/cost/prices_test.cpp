// The mistakes that others made with prices, each with the right figure, and the rules that avoid them.
#include <weir/cost/prices.hpp>

#include <doctest/doctest.h>

#include "cost/lists.hpp"

using namespace cost_test;
using enum weir::usage_unit;
using weir::price_book;
using weir::price_query;

namespace {

// Anthropic's shape: reads a tenth, writes 1.25 times for five minutes and twice for an hour; all of it double in, and
// 1.5 times out, above 200,000 tokens.
weir::price_entry claude() {
  auto e = entry(
      "anthropic", "claude",
      {{input_text, "3"}, {cache_read, "0.3"}, {cache_write_5m, "3.75"}, {cache_write_1h, "6"}, {output_text, "15"}});
  card(e).tier(200'000) = unit_rates(
      {{input_text, "6"}, {cache_read, "0.6"}, {cache_write_5m, "7.5"}, {cache_write_1h, "12"}, {output_text, "22.5"}});
  return e;
}

weir::priced price(const weir::price_entry& e, const weir::usage& u, price_query q = {}) {
  price_book book;
  book.add(list({e}));
  return book.price(q.provider(e.provider).model(e.model).usage(u));
}

std::string cost(const weir::price_entry& e, const weir::usage& u, price_query q = {}) {
  const auto p = price(e, u, std::move(q));
  CHECK(p.remark == "");
  CHECK(!p.incomplete);
  CHECK(p.why_unpriced == "");
  return text(p.cost);
}

weir::price_variant variant(std::string tier, rates all) {
  weir::price_variant v;
  v.service_tier = std::move(tier);
  v.rates.base = unit_rates(all);
  return v;
}

weir::price_variant times(std::string_view factor) {
  weir::price_variant v;
  v.factor = *weir::rate::parse(factor, 1);
  return v;
}

} // namespace

TEST_CASE("cached tokens are charged once, at the cache's price") {
  // Gemini counts them in the prompt: 10,000, of which 8,000 were cached. 2,000 · 1.25 + 8,000 · 0.31 + 500 · 10.
  const auto e = entry("gemini", "gemini-2.5-pro", {{input_text, "1.25"}, {cache_read, "0.31"}, {output_text, "10"}});
  CHECK(cost(e, used({{input_text, 2000}, {cache_read, 8000}, {output_text, 500}})) == "0.00998");
}

TEST_CASE("above a tier, cache writes are charged once") {
  // 100,000 · 6 + 150,000 · 7.5 + 1,000 · 22.5, per million.
  CHECK(cost(claude(), used({{input_text, 100'000}, {cache_write_5m, 150'000}, {output_text, 1000}})) == "1.7475");
}

TEST_CASE("writes for an hour cost what an hour costs") {
  CHECK(cost(claude(), used({{input_text, 1000}, {cache_write_1h, 10'000}, {output_text, 100}})) == "0.0645");
  CHECK(cost(claude(), used({{input_text, 1000}, {cache_write_5m, 10'000}, {output_text, 100}})) == "0.042");
  CHECK(
      cost(claude(), used({{input_text, 1000}, {cache_write_5m, 4000}, {cache_write_1h, 6000}, {output_text, 100}})) ==
      "0.0555");
}

TEST_CASE("a tier is chosen for each request, never for a sum of them") {
  const auto u = used({{input_text, 150'000}, {output_text, 1000}});
  price_book book;
  book.add(list({claude()}));
  const auto q = price_query("anthropic", "claude").usage(u);
  // Twice 0.465; as one of 300,000 it would be 1.845.
  CHECK((*book.price(q).cost + *book.price(q).cost).text() == "0.93");
}

TEST_CASE("what was read from the cache and written to it counts for the tier") {
  // 10,000 + 150,000 + 50,000 tokens of prompt: above.
  CHECK(cost(claude(),
             used({{input_text, 10'000}, {cache_read, 150'000}, {cache_write_5m, 50'000}, {output_text, 1000}})) ==
        "0.5475");
  CHECK(cost(claude(), used({{input_text, 0}, {cache_read, 200'001}})) == "0.1200006");
  CHECK(cost(claude(), used({{input_text, 0}, {cache_write_1h, 200'001}})) == "2.400012");
}

TEST_CASE("a tier is a cliff: one token more, and all of them cost more, those of the answer too") {
  CHECK(cost(claude(), used({{input_text, 200'000}, {output_text, 1000}})) == "0.615");
  CHECK(cost(claude(), used({{input_text, 200'001}, {output_text, 1000}})) == "1.222506");
}

TEST_CASE("the answer's tokens do not count for the tier") {
  CHECK(cost(claude(), used({{input_text, 199'999}, {output_text, 64'000}})) == "1.559997");
}

TEST_CASE("a tier has the base's price of what it does not name") {
  auto e = entry("x", "m", {{input_text, "1"}, {cache_read, "0.1"}, {output_text, "2"}, {output_audio, "8"}});
  card(e).tier(1000) = unit_rates({{input_text, "2"}});
  card(e).tier(5000) = unit_rates({{output_text, "4"}});
  CHECK(cost(e, used({{input_text, 2000}, {cache_read, 1000}, {output_text, 1000}})) == "0.0061");
  CHECK(cost(e, used({{input_text, 5000}, {cache_read, 1000}, {output_text, 1000}, {output_audio, 1000}})) == "0.0221");
}

TEST_CASE("a usage that contradicts itself is priced with what there is, and said, not clamped in silence") {
  auto u = used({{cache_read, 900}, {output_text, 100}});
  u.inconsistent = true;
  const auto p = price(claude(), u);
  CHECK(text(p.cost) == "0.00177");
  CHECK(p.incomplete);
  CHECK(p.remark == "the reported usage contradicts itself");
}

TEST_CASE("reasoning is a part of the output, not on top of it") {
  // completion_tokens 1,000, of which 800 were reasoning.
  const auto plain = entry("openai", "o", {{input_text, "2"}, {output_text, "8"}});
  CHECK(cost(plain, used({{input_text, 100}, {output_text, 200}, {output_reasoning, 800}})) == "0.0082");
  const auto own = entry("perplexity", "o", {{input_text, "2"}, {output_text, "8"}, {output_reasoning, "3"}});
  CHECK(cost(own, used({{input_text, 100}, {output_text, 200}, {output_reasoning, 800}})) == "0.0042");
}

TEST_CASE("where a list has no price of the cache, the input's is used and said: neither nothing nor silence") {
  const auto e = entry("x", "m", {{input_text, "2"}, {output_text, "8"}});
  const auto p = price(e, used({{input_text, 100}, {cache_read, 1000}, {cache_write_5m, 500}, {output_text, 10}}));
  CHECK(text(p.cost) == "0.00328");
  CHECK(p.incomplete);
  CHECK(p.remark ==
        "no price for cache_read: charged as input_text; no price for cache_write_5m: charged as input_text");
  // A count of zero needs no price.
  CHECK(cost(e, used({{input_text, 100}, {cache_read, 0}, {output_text, 10}})) == "0.00028");
}

TEST_CASE("writes for an hour without a price of their own cost no less than those for five minutes") {
  const auto e = entry("x", "m", {{input_text, "2"}, {cache_write_5m, "2.5"}, {output_text, "8"}});
  const auto p = price(e, used({{cache_write_1h, 1000}}));
  CHECK(text(p.cost) == "0.0025");
  CHECK(p.incomplete);
  // Nor less than input, where those are cheaper.
  const auto cheap = entry("x", "m", {{input_text, "2"}, {cache_write_5m, "0.5"}, {output_text, "8"}});
  CHECK(text(price(cheap, used({{cache_write_1h, 1000}})).cost) == "0.002");
}

TEST_CASE("sound and images without a price cost what text costs, and that is said") {
  const auto e = entry("x", "m", {{input_text, "2"}, {output_text, "8"}});
  for (const auto unit : {input_audio, input_image, input_video}) {
    const auto p = price(e, used({{unit, 1000}}));
    CHECK(text(p.cost) == "0.002");
    CHECK(p.incomplete);
  }
  for (const auto unit : {output_audio, output_image}) {
    const auto p = price(e, used({{unit, 1000}}));
    CHECK(text(p.cost) == "0.008");
    CHECK(p.incomplete);
  }
}

TEST_CASE("a service tier's prices are combined with the size of the prompt and the cache") {
  auto e = claude();
  auto priority = variant("priority", {{input_text, "6"}, {cache_read, "0.6"}, {output_text, "30"}});
  priority.rates.tier(200'000) = unit_rates({{input_text, "12"}, {cache_read, "1.2"}, {output_text, "45"}});
  e.periods.front().variants.push_back(priority);
  const auto u = used({{input_text, 50'000}, {cache_read, 160'000}, {output_text, 2000}});
  // 50,000 · 12 + 160,000 · 1.2 + 2,000 · 45; the standard tier: half.
  CHECK(cost(e, u, price_query().service_tier("priority")) == "0.882");
  CHECK(cost(e, u) == "0.441");
  CHECK(cost(e, used({{input_text, 1000}, {output_text, 1000}}), price_query().service_tier("priority")) == "0.036");
}

TEST_CASE("factors multiply every price of a request, at every size, and each other") {
  auto e = claude();
  auto fast = times("6");
  fast.speed = "fast";
  auto batch = times("0.5");
  batch.batch = true;
  auto priority = times("2");
  priority.service_tier = "priority";
  e.periods.front().variants = {fast, batch, priority};
  const auto u = used({{input_text, 50'000}, {cache_read, 160'000}, {output_text, 2000}});
  CHECK(cost(e, u, price_query().service_tier("priority")) == "0.882");
  CHECK(cost(e, u, price_query().batch(true)) == "0.2205");
  CHECK(cost(e, u, price_query().service_tier("batch")) == "0.2205");
  CHECK(cost(e, u, price_query().speed("fast")) == "2.646");
  CHECK(cost(e, u, price_query().speed("fast").batch(true)) == "1.323");
}

TEST_CASE("a factor leaves the prices of requests and searches alone") {
  auto e = entry("x", "m", {{input_text, "2"}, {output_text, "8"}, {requests, "5000"}, {searches, "10000"}});
  auto batch = times("0.5");
  batch.batch = true;
  e.periods.front().variants = {batch};
  CHECK(cost(e, used({{input_text, 1000}, {searches, 2}}), price_query().batch(true)) == "0.026");
}

TEST_CASE("what a service tier has no price for is scaled as its plain tokens are, and said") {
  auto e = claude();
  e.periods.front().variants.push_back(variant("priority", {{input_text, "6"}, {output_text, "30"}}));
  const auto p = price(e, used({{input_text, 50'000}, {cache_read, 160'000}, {output_text, 2000}}),
                       price_query().service_tier("priority"));
  // Twice the standard price, at the size and for the cache as well.
  CHECK(text(p.cost) == "0.882");
  CHECK(p.incomplete);
  CHECK(p.remark.find("scaled") != std::string::npos);
}

TEST_CASE("lists in which a service tier names only what differs have the rest unchanged") {
  auto e = claude();
  auto v = variant("flex", {{output_text, "7.5"}});
  v.rest_unchanged = true;
  e.periods.front().variants.push_back(v);
  CHECK(cost(e, used({{input_text, 1000}, {cache_read, 1000}, {output_text, 1000}}),
             price_query().service_tier("flex")) == "0.0108");
}

TEST_CASE("the standard service has many names, and none of them changes the price") {
  auto e = claude();
  e.periods.front().variants.push_back(variant("flex", {{input_text, "1"}}));
  const auto u = used({{input_text, 1000}, {output_text, 1000}});
  for (const auto* name : {"", "default", "standard", "auto", "on_demand", "Default"}) {
    INFO(name);
    CHECK(cost(e, u, price_query().service_tier(name).speed("standard")) == "0.018");
  }
}

TEST_CASE("a service that the list does not know costs the standard price, and that is said") {
  const auto u = used({{input_text, 1000}, {output_text, 1000}});
  for (auto q : {price_query().service_tier("scale"), price_query().speed("fast"), price_query().batch(true)}) {
    const auto p = price(claude(), u, q);
    CHECK(text(p.cost) == "0.018");
    CHECK(p.incomplete);
    CHECK(p.remark.find("the standard price is used") != std::string::npos);
  }
}

TEST_CASE("no usage is not free, and no model neither") {
  auto p = price(claude(), weir::usage());
  CHECK(!p.cost);
  CHECK(p.why_unpriced == "no usage was reported");
  CHECK(p.currency == "");
  price_book book;
  p = book.price(price_query("anthropic", "claude").usage(used({{input_text, 1}})));
  CHECK(!p.cost);
  CHECK(p.why_unpriced == "no price list has this model at this provider");
  // Counts that are zero were reported: nothing was consumed.
  CHECK(cost(claude(), used({{input_text, 0}, {output_text, 0}})) == "0");
}

TEST_CASE("a unit without a price and without a like one leaves the request unpriced") {
  const auto embedding = entry("x", "m", {{input_text, "0.1"}});
  const auto p = price(embedding, used({{input_text, 100}, {output_text, 5}}));
  CHECK(!p.cost);
  CHECK(p.why_unpriced == "the price list has no price for output_text");
  CHECK(!p.incomplete);
  CHECK(cost(embedding, used({{input_text, 100}, {output_text, 0}})) == "0.00001");
  CHECK(price(claude(), used({{input_text, 100}, {searches, 2}})).why_unpriced ==
        "the price list has no price for searches");
  CHECK(price(claude(), used({{images, 1}})).why_unpriced == "the price list has no price for images");
}

TEST_CASE("a request counts as one where requests have a price") {
  const auto e = entry("perplexity", "sonar", {{input_text, "1"}, {output_text, "1"}, {requests, "5000"}});
  CHECK(cost(e, used({{input_text, 1000}, {output_text, 1000}})) == "0.007");
  CHECK(cost(e, used({{input_text, 1000}, {output_text, 1000}, {requests, 2}})) == "0.012");
  CHECK(cost(e, used({{input_text, 1000}, {requests, 0}})) == "0.001");
}

TEST_CASE("images and seconds are charged by tokens where those have a price, else by themselves, never twice") {
  const auto both = entry("x", "m", {{input_text, "1"}, {output_text, "2"}, {output_image, "30"}, {images, "40000"}});
  CHECK(cost(both, used({{input_text, 1000}, {output_image, 1000}, {images, 1}})) == "0.031");
  CHECK(cost(both, used({{input_text, 1000}, {images, 1}})) == "0.041");
  // Counts of what the tokens have paid for.
  const auto tokens = entry("x", "m", {{input_text, "1"}, {input_audio, "6"}, {output_text, "2"}});
  CHECK(cost(tokens, used({{input_audio, 1000}, {input_milliseconds, 60'000}, {output_text, 10}})) == "0.00602");
  // By the second: 0.006 a minute.
  const auto whisper = entry("x", "whisper", {{input_milliseconds, "0.1"}});
  CHECK(cost(whisper, used({{input_milliseconds, 60'000}})) == "0.006");
}

TEST_CASE("the provider's own figure counts, and ours is kept beside it") {
  auto u = used({{input_text, 1000}, {output_text, 1000}});
  u.cost = 0.0171;
  auto p = price(claude(), u);
  CHECK(text(p.cost) == "0.0171");
  CHECK(text(p.reported) == "0.0171");
  CHECK(text(p.computed) == "0.018");
  CHECK(text(p.difference) == "-0.0009");
  CHECK(p.currency == "USD");
  CHECK(p.source == "test");
  price_book none;
  p = none.price(price_query("x", "m").usage(u));
  CHECK(text(p.cost) == "0.0171");
  CHECK(!p.computed);
  CHECK(!p.difference);
  CHECK(p.currency == "USD");
  CHECK(p.why_unpriced != "");
  u.cost = -1;
  CHECK(text(price(claude(), u).cost) == "0.018");
}

TEST_CASE("a cost beyond all range is not a cost") {
  const auto p = price(claude(), used({{input_text, ~std::uint64_t{0}}, {output_text, ~std::uint64_t{0}}}));
  CHECK(p.cost.has_value());
  auto e = entry("x", "m", {});
  card(e).base.set(input_text, weir::rate::from_atto(weir::decimal::int128_max));
  CHECK(price(e, used({{input_text, 5}})).why_unpriced == "the cost is out of range");
}

TEST_CASE("a cost is rounded once, half even, at 10⁻¹²") {
  // Three units at 10⁻¹³ · 5: 5·10⁻¹³ each would be rounded to 0 or 10⁻¹² on its own.
  const auto e = entry("x", "m", {{input_text, "0.0000005"}, {cache_read, "0.0000005"}, {output_text, "0.0000005"}});
  CHECK(price(e, used({{input_text, 1}, {cache_read, 1}, {output_text, 1}})).cost->pico() == 2);
  CHECK(price(e, used({{input_text, 1}})).cost->pico() == 0);
}
