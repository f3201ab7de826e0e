// Which price is found: by name, by date and hour, by list.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "cost/lists.hpp"
#include "cost/prices/providers.hpp"

using namespace cost_test;
using enum weir::usage_unit;
using weir::canonical_provider;
using weir::name_pattern;
using weir::price_book;
using weir::price_query;
using weir::price_rank;

namespace {

weir::price_entry plain(std::string provider, std::string model, std::string_view input) {
  return entry(std::move(provider), std::move(model), {{input_text, input}, {output_text, "1"}});
}

// What a million tokens of input cost.
std::string million(const price_book& book, price_query q) {
  return text(book.price(q.usage(used({{input_text, 1'000'000}}))).cost);
}

std::string million(const price_book& book, std::string provider, std::string model) {
  return million(book, price_query(std::move(provider), std::move(model)));
}

name_pattern make(name_pattern::kind k, std::string_view text) { return *name_pattern::make(k, text); }

} // namespace

TEST_CASE("the user's prices come before live ones, and those before public lists") {
  price_book book;
  book.add(list({plain("groq", "a", "1"), plain("groq", "b", "1"), plain("groq", "c", "1")}, "public",
                price_rank::reference));
  book.add(list({plain("groq", "a", "2"), plain("groq", "b", "2")}, "live", price_rank::live));
  book.add(list({plain("groq", "a", "3")}, "own", price_rank::own));
  CHECK(million(book, "groq", "a") == "3");
  CHECK(million(book, "groq", "b") == "2");
  CHECK(million(book, "groq", "c") == "1");
  CHECK(book.size() == 6);
  CHECK(book.sources().front().name() == "own");
  CHECK(book.price(price_query("groq", "b").usage(used({{input_text, 1}}))).source == "live");
}

TEST_CASE("a list takes the place of the one with its name, and what was looked up before does not stay") {
  price_book book;
  book.add(list({plain("groq", "a", "1")}, "file"));
  CHECK(million(book, "groq", "a") == "1");
  book.replace(list({plain("groq", "a", "2")}, "file"));
  CHECK(million(book, "groq", "a") == "2");
  book.replace(list({plain("groq", "b", "5")}, "other"));
  CHECK(million(book, "groq", "b") == "5");
  CHECK(book.remove("file"));
  CHECK(!book.remove("file"));
  CHECK(million(book, "groq", "a") == "none");
}

TEST_CASE("the model that answered comes before the one that was asked for") {
  price_book book;
  book.add(list({plain("openai", "gpt-latest", "1"), plain("openai", "gpt-7", "2")}));
  CHECK(million(book, price_query("openai", "gpt-latest").model_answered("gpt-7")) == "2");
  CHECK(million(book, price_query("openai", "gpt-latest").model_answered("unheard-of")) == "1");
  CHECK(million(book, price_query("openai", "gpt-latest")) == "1");
}

TEST_CASE("names match in either case, with the API's folders, the router's choices and either form of date") {
  price_book book;
  book.add(list({plain("together", "qwen/qwen3-32b", "1"), plain("gemini", "gemini-2.5-pro", "2"),
                 plain("openai", "gpt-5.2-2025-12-11", "3"), plain("openrouter", "a/b:free", "4")}));
  CHECK(million(book, "together", "Qwen/Qwen3-32B") == "1");
  CHECK(million(book, "together", "Qwen/Qwen3-32B:cheapest") == "1");
  CHECK(million(book, "auto", "Qwen/Qwen3-32B:together") == "1");
  CHECK(million(book, "auto", "Qwen/Qwen3-32B") == "none");
  CHECK(million(book, "gemini", "models/gemini-2.5-pro") == "2");
  CHECK(million(book, "openai", "gpt-5.2-20251211") == "3");
  CHECK(million(book, "openrouter", "a/b:free") == "4");
  CHECK(million(book, "openrouter", "a/b") == "none");
}

TEST_CASE("a provider has one name, whatever a list, an option or a URL calls it") {
  const std::pair<std::string_view, std::string_view> names[] = {
      {"groq", "groq"},
      {"together_ai", "together"},
      {"Together", "together"},
      {"fireworks_ai", "fireworks-ai"},
      {"fireworks", "fireworks-ai"},
      {"huggingface_fireworks-ai", "fireworks-ai"},
      {"huggingface_groq", "groq"},
      {"google", "gemini"},
      {"vertex_ai-language-models", "vertex-ai"},
      {"x-ai", "xai"},
      {"zai", "zai-org"},
      {"cohere-v2", "cohere"},
      {"openai-responses", "openai"},
      {"bedrock_converse", "bedrock"},
      {"mistral_ai", "mistral"},
      {"https://openrouter.ai/api/v1", "openrouter"},
      {"api.deepseek.com", "deepseek"},
      {"https://user@my.openai.azure.com:443/openai", "azure"},
      {"https://notopenai.com/v1", "notopenai.com"},
      {"http://127.0.0.1:8000/v1", "127.0.0.1"},
      {"my_own", "my-own"},
  };
  for (const auto& [name, ours] : names) {
    INFO(name);
    CHECK(canonical_provider(name) == ours);
  }
}

TEST_CASE("patterns: each kind, in lower case") {
  using enum name_pattern::kind;
  CHECK(make(equals, "GPT-5").fits("gpt-5"));
  CHECK(!make(equals, "gpt-5").fits("gpt-5-mini"));
  CHECK(make(starts_with, "gpt-5").fits("gpt-5-mini"));
  CHECK(make(ends_with, "-mini").fits("gpt-5-mini"));
  CHECK(make(contains, "5").fits("gpt-5-mini"));
  CHECK(make(regex, "^gpt-5-\\d{4}-\\d{2}-\\d{2}$").fits("gpt-5-2026-01-02"));
  CHECK(!make(regex, "^gpt-5-\\d{4}-\\d{2}-\\d{2}$").fits("gpt-5-2026-01-02x"));
  CHECK(make(glob, "llama-3.*").fits("llama-3.3-70b"));
  CHECK(!make(glob, "llama-3.*").fits("llama-3"));
  CHECK(make(glob, "*").fits(""));
  CHECK(make(glob, "*b*d*").fits("abcd"));
  CHECK(make(glob, "a*b*c").fits("aXbXbYc"));
  CHECK(!make(glob, "a*b*c").fits("aXbXbY"));
  const auto any = name_pattern::of(any_of, {make(equals, "a"), make(starts_with, "b")});
  CHECK((any.fits("a") && any.fits("bc") && !any.fits("c")));
  const auto all = name_pattern::of(all_of, {make(starts_with, "a"), make(ends_with, "z")});
  CHECK((all.fits("az") && !all.fits("ab")));
  CHECK(!name_pattern().fits(""));
  CHECK(!name_pattern::make(regex, "("));
  CHECK(!name_pattern::make(regex, std::string(501, 'a')));
}

TEST_CASE("a regular expression that takes others for ever is done at once") {
  const auto evil = name_pattern::make(name_pattern::kind::regex, "^(a+)+$");
  REQUIRE(evil.has_value());
  const auto begun = std::chrono::steady_clock::now();
  CHECK(!evil->fits(std::string(200, 'a') + "b"));
  CHECK(!evil->fits(std::string(100'000, 'a')));
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
}

TEST_CASE("an exact name comes before a pattern, and the first pattern before others") {
  auto wide = plain("groq", "llama-*", "1");
  wide.names.clear();
  wide.pattern = make(name_pattern::kind::glob, "llama-*");
  auto second = plain("groq", "llama-3*", "2");
  second.names.clear();
  second.pattern = make(name_pattern::kind::glob, "llama-3*");
  price_book book;
  book.add(list({wide, second, plain("groq", "llama-3.3", "3")}));
  CHECK(million(book, "groq", "llama-3.3") == "3");
  CHECK(million(book, "groq", "llama-3.1") == "1");
  CHECK(million(book, "groq", "qwen") == "none");
  CHECK(million(book, "together", "llama-3.3") == "none");
}

TEST_CASE("a reseller's models cost what they cost at their makers where the list has no other price") {
  auto table = std::make_shared<weir::price_table>();
  table->name = "t";
  table->add(plain("openai", "gpt", "1"));
  table->add(plain("azure", "own", "2"));
  table->resells("azure", {"openai", "missing"});
  price_book book;
  book.add(weir::price_source(table, price_rank::reference, {}));
  CHECK(million(book, "azure", "own") == "2");
  CHECK(million(book, "azure", "gpt") == "1");
  CHECK(million(book, "openai", "own") == "none");
}

TEST_CASE("a price holds from its date on, and before the first the next list is asked") {
  auto e = plain("x", "m", "1");
  e.periods.front().when.from = 1'767'225'600; // 2026-01-01
  e.periods.front().when.date = "2026-01-01";
  auto& later = e.periods.emplace_back(e.periods.front());
  later.when.from = 1'773'360'000; // 2026-03-13
  later.when.date = "2026-03-13";
  later.rates.base = unit_rates({{input_text, "2"}});
  price_book book;
  book.add(list({e}, "own"));
  const auto on = [&](auto when) { return million(book, price_query("x", "m").started(when)); };
  CHECK(on(at(2025, 12, 31, 23, 59)) == "none");
  CHECK(on(at(2026, 1, 1)) == "1");
  CHECK(on(at(2026, 3, 12, 23, 59)) == "1");
  CHECK(on(at(2026, 3, 13)) == "2");
  CHECK(book.price(price_query("x", "m").started(at(2026, 4, 1)).usage(used({{input_text, 1}}))).date == "2026-03-13");
  CHECK(book.price(price_query("x", "m").usage(used({{input_text, 1}}))).why_unpriced ==
        "no price list has a price of this model for that date");
  book.add(list({plain("x", "m", "7")}, "public", price_rank::reference));
  CHECK(on(at(2025, 12, 31)) == "7");
}

TEST_CASE("at some hours of the day, UTC, by when the request began, other prices hold") {
  auto e = plain("deepseek", "chat", "2");
  auto& off = e.periods.emplace_back(e.periods.front());
  off.rates.base = unit_rates({{input_text, "1"}});
  auto& hours = off.when.hours.emplace_back();
  hours.from = 16 * 3600 + 1800;
  hours.until = 1800;
  price_book book;
  book.add(list({e}));
  const auto on = [&](auto when) { return million(book, price_query("deepseek", "chat").started(when)); };
  CHECK(on(at(2026, 5, 5, 16, 29)) == "2");
  CHECK(on(at(2026, 5, 5, 16, 30)) == "1");
  CHECK(on(at(2026, 5, 6, 0, 29)) == "1");
  CHECK(on(at(2026, 5, 6, 0, 30)) == "2");
  CHECK(on(at(1969, 12, 31, 23, 0)) == "1");
}

TEST_CASE("hours may be for some days of the week") {
  weir::price_time t;
  auto& weekend = t.hours.emplace_back();
  weekend.weekdays = 0x60; // Saturday and Sunday, all day
  const auto holds = [&](auto when) {
    return t.holds(std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count());
  };
  CHECK(!holds(at(2026, 11, 27, 12))); // a Friday
  CHECK(holds(at(2026, 11, 28)));
  CHECK(holds(at(2026, 11, 29, 23, 59)));
  CHECK(!holds(at(2026, 11, 30)));
}

TEST_CASE("an estimate is an upper bound: the dearest way to charge the tokens, at their size") {
  auto e = entry(
      "anthropic", "claude",
      {{input_text, "3"}, {cache_read, "0.3"}, {cache_write_5m, "3.75"}, {cache_write_1h, "6"}, {output_text, "15"}});
  card(e).tier(200'000) = unit_rates({{input_text, "6"}, {cache_write_5m, "7.5"}, {output_text, "22.5"}});
  auto batch = weir::price_variant();
  batch.batch = true;
  batch.factor = *weir::rate::parse("0.5", 1);
  e.periods.front().variants.push_back(batch);
  price_book book;
  book.add(list({e}));
  const auto q = price_query("anthropic", "claude");
  CHECK(text(book.estimate(q, 100'000, 1000)) == "0.39");
  CHECK(text(book.estimate(price_query(q).usage(used({{cache_write_1h, 0}})), 100'000, 1000)) == "0.615");
  CHECK(text(book.estimate(q, 300'000, 1000)) == "2.2725");
  CHECK(text(book.estimate(price_query(q).batch(true), 100'000, 1000)) == "0.195");
  CHECK(text(book.estimate(price_query("x", "y"), 1, 1)) == "none");
  const auto real =
      *book.price(price_query(q).usage(used({{input_text, 40'000}, {cache_write_5m, 60'000}, {output_text, 900}})))
           .cost;
  CHECK(real <= *book.estimate(q, 100'000, 1000));
}

TEST_CASE("a price can be shown: per million, with its tiers and services") {
  auto e = entry("x", "m", {{input_text, "3"}, {output_text, "15"}, {images, "40000"}});
  card(e).tier(200'000) = unit_rates({{input_text, "6"}});
  auto& v = e.periods.front().variants.emplace_back();
  v.service_tier = "priority";
  v.factor = *weir::rate::parse("2", 1);
  price_book book;
  book.add(list({e}, "own.json"));
  const auto p = book.find("x", "M", at(2026, 1, 1));
  REQUIRE(p.has_value());
  CHECK(p->source == "own.json");
  CHECK(p->currency == "USD");
  CHECK(text(p->per_million[input_text]) == "3");
  CHECK(text(p->per_million[cache_read]) == "none");
  CHECK(text(p->per_million[images]) == "40000");
  REQUIRE(p->tiers.size() == 1);
  CHECK(p->tiers[0].above == 200'000);
  CHECK(text(p->tiers[0].per_million[input_text]) == "6");
  CHECK(text(p->tiers[0].per_million[output_text]) == "15");
  CHECK(p->variants == std::vector<std::string>{"priority"});
  CHECK(!book.find("x", "other", at(2026, 1, 1)));
}

TEST_CASE("a book is asked and changed by several threads at once") {
  price_book book;
  book.add(list({plain("groq", "a", "1")}, "file"));
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t != 3; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i != 2000; ++i) {
        const auto cost = million(book, "groq", "a");
        wrong += cost != "1" && cost != "2";
        million(book, "groq", "made-up-" + std::to_string(t * 10'000 + i));
      }
    });
  for (int i = 0; i != 200; ++i)
    book.replace(list({plain("groq", "a", i % 2 ? "1" : "2")}, "file"));
  for (auto& t : threads)
    t.join();
  CHECK(wrong == 0);
}
