// The formats of price lists: what is read, and what is refused or left out.
#include <weir/store/price_file.hpp>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <weir/core/error.hpp>

using enum weir::usage_unit;
using weir::parse_prices;
using weir::price_file_options;
using weir::price_query;
using weir::price_source;

namespace {

using mistakes = price_file_options::mistakes;

std::chrono::system_clock::time_point at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  return std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day)) +
         std::chrono::hours(hour) + std::chrono::minutes(minute);
}

weir::usage used(std::initializer_list<std::pair<weir::usage_unit, std::uint64_t>> counts) {
  weir::usage u;
  for (const auto& [unit, n] : counts)
    u.units.set(unit, n);
  return u;
}

weir::priced price(const price_source& s, const price_query& q) {
  weir::price_book book;
  book.add(s);
  return book.price(q);
}

std::string cost(const price_source& s, const price_query& q) {
  const auto p = price(s, q);
  return p.cost ? p.cost->text() : p.why_unpriced;
}

// What a million of a unit costs, at a prompt of one million tokens or at one of none.
std::string million(const price_source& s, std::string provider, std::string model, weir::usage_unit u) {
  weir::price_book book;
  book.add(s);
  const auto p = book.find(provider, model, at(2026, 11, 1, 12));
  if (!p)
    return "no model";
  const auto price = p->per_million[u];
  return price ? price->text() : "none";
}

// What a list is refused with.
std::string refused(std::string_view text, const price_file_options& how = price_file_options()) {
  try {
    parse_prices(text, "p.json", how);
  } catch (const weir::error& e) {
    CHECK(e.code() == weir::errc::invalid_configuration);
    CHECK(std::string(e.what()).find('\n') == std::string::npos);
    return e.failure().message();
  }
  return "not refused";
}

std::string own(std::string_view members) {
  return R"({"prices":[{"provider":"groq","model":"m",)" + std::string(members) + "}]}";
}

} // namespace

TEST_CASE("weir's own list: numbers or texts, per million unless it says otherwise, exact") {
  const auto s = parse_prices(R"({"currency":"EUR","prices":[
    {"provider":"groq","model":"llama-3.3-*","from":"2026-01-01","input":"0.59","output":0.79,"cache_read":0.295,
     "cache_write":0.7,"cache_write_1h":1.2,"reasoning":0.8,"input_audio":1,"searches":0.005,"requests":0.001,
     "pages":0.002,"images":0.04,"input_seconds":0.0001,"comment":"a note"},
    {"provider":"together_ai","model":"Qwen/Qwen3","per":1000,"input":5.9e-4,"output":"7.9E-4"},
    {"provider":"https://openrouter.ai/api/v1","model":"x","per":1,"input":0.000000003625,"output":0}]})",
                              "mine.json");
  CHECK(s.name() == "mine.json");
  CHECK(s.size() == 3);
  CHECK(s.rank() == weir::price_rank::own);
  CHECK(s.warnings().empty());
  const auto of = [&](weir::usage_unit u) { return million(s, "groq", "llama-3.3-70b", u); };
  CHECK(of(input_text) == "0.59");
  CHECK(of(output_text) == "0.79");
  CHECK(of(cache_read) == "0.295");
  CHECK(of(cache_write_5m) == "0.7");
  CHECK(of(cache_write_other) == "0.7");
  CHECK(of(cache_write_1h) == "1.2");
  CHECK(of(output_reasoning) == "0.8");
  CHECK(of(searches) == "5000");
  CHECK(of(requests) == "1000");
  CHECK(of(pages) == "2000");
  CHECK(of(images) == "40000");
  CHECK(of(input_milliseconds) == "0.1");
  CHECK(million(s, "together", "qwen/qwen3", input_text) == "0.59");
  CHECK(million(s, "openrouter", "x", input_text) == "0.003625");
  const auto p = price(s, price_query("groq", "llama-3.3-70b").started(at(2026, 2, 2)).usage(used({{input_text, 1}})));
  CHECK(p.currency == "EUR");
  CHECK(p.source == "mine.json");
  CHECK(p.date == "2026-01-01");
  // The provider's own figure is in another currency: no difference.
  auto u = used({{input_text, 1000}});
  u.cost = 0.5;
  CHECK(!price(s, price_query("groq", "llama-3.3-70b").started(at(2026, 2, 2)).usage(u)).difference);
}

TEST_CASE("weir's own list: the example in the header is one") {
  const auto s = parse_prices(R"({"currency": "USD", "prices": [
    {"provider": "groq", "model": "llama-3.3-*", "from": "2026-01-01", "input": "0.59", "output": "0.79",
     "cache_read": "0.295", "cache_write": "0.7", "cache_write_1h": "1.2", "reasoning": "0.79",
     "tiers": [{"above": 200000, "input": "1.18"}],
     "batch": 0.5, "flex": 0.5, "priority": {"input": "1", "output": "2"}, "fast": 6,
     "service_tiers": {"scale": 3}, "off_peak": {"from": "16:30", "until": "00:30", "factor": 0.5}}]})",
                              "s");
  const auto q = price_query("groq", "llama-3.3-70b").usage(used({{input_text, 1'000'000}}));
  CHECK(cost(s, price_query(q).started(at(2026, 2, 1, 12))) == "1.18");
  CHECK(cost(s, price_query(q).started(at(2026, 2, 1, 18)).service_tier("scale")) == "1.77");
  CHECK(cost(s, price_query(q).started(at(2025, 2, 1))) == "no price list has a price of this model for that date");
}

TEST_CASE("weir's own list: tiers, services, hours, and all of them together") {
  const auto s = parse_prices(R"({"prices":[{"provider":"x","model":"m","input":2,"output":10,"cache_read":0.2,
    "tiers":[{"above":200000,"input":4,"output":15,"cache_read":0.4}],
    "batch":0.5,"flex":"0.5","priority":{"input":4,"output":20,"cache_read":0.4,
      "tiers":[{"above":200000,"input":9,"output":31,"cache_read":0.9}]},"fast":6,"service_tiers":{"Ultra":3},
    "off_peak":{"from":"16:30","until":"00:30","factor":0.5}}]})",
                              "s");
  const auto day = at(2026, 1, 1, 12);
  const auto night = at(2026, 1, 1, 20);
  const auto small = price_query("x", "m").usage(used({{input_text, 1000}, {cache_read, 1000}, {output_text, 1000}}));
  const auto large =
      price_query("x", "m").usage(used({{input_text, 100'000}, {cache_read, 150'000}, {output_text, 1000}}));
  CHECK(cost(s, price_query(small).started(day)) == "0.0122");
  CHECK(cost(s, price_query(small).started(night)) == "0.0061");
  CHECK(cost(s, price_query(large).started(day)) == "0.475");
  CHECK(cost(s, price_query(large).started(night)) == "0.2375");
  CHECK(cost(s, price_query(large).started(day).batch(true)) == "0.2375");
  CHECK(cost(s, price_query(large).started(night).batch(true)) == "0.11875");
  CHECK(cost(s, price_query(large).started(day).service_tier("flex")) == "0.2375");
  CHECK(cost(s, price_query(large).started(day).service_tier("ultra")) == "1.425");
  CHECK(cost(s, price_query(large).started(day).speed("fast")) == "2.85");
  CHECK(cost(s, price_query(small).started(day).service_tier("priority")) == "0.0244");
  // 100,000 · 9 + 150,000 · 0.9 + 1,000 · 31; half of it by night.
  CHECK(cost(s, price_query(large).started(day).service_tier("priority")) == "1.066");
  CHECK(cost(s, price_query(large).started(night).service_tier("priority")) == "0.533");
  for (const auto* tier : {"flex", "ultra", "priority"})
    CHECK(!price(s, price_query(large).started(night).service_tier(tier)).incomplete);
}

TEST_CASE("weir's own list: one model from several dates, with hours of its own in each") {
  const auto s = parse_prices(R"({"prices":[
    {"provider":"x","model":"m","from":"2026-06-01","input":3,"output":3,
     "off_peak":[{"from":"00:00","until":"06:00","input":1,"output":1}]},
    {"provider":"x","model":"m","input":9,"output":9,"off_peak":{"from":"00:00","until":"12:00","factor":0.5}},
    {"provider":"x","model":"m","from":"2026-09-01T12:00:00Z","input":2,"output":2}]})",
                              "s");
  CHECK(s.size() == 1);
  const auto on = [&](auto when) {
    return cost(s, price_query("x", "m").started(when).usage(used({{input_text, 1'000'000}})));
  };
  CHECK(on(at(2026, 5, 31, 13)) == "9");
  CHECK(on(at(2026, 5, 31, 5)) == "4.5");
  CHECK(on(at(2026, 6, 1, 5)) == "1");
  CHECK(on(at(2026, 6, 1, 7)) == "3");
  CHECK(on(at(2026, 9, 1, 11)) == "3");
  CHECK(on(at(2026, 9, 1, 12)) == "2");
  CHECK(on(at(2026, 9, 2, 5)) == "2");
}

TEST_CASE("a mistake in weir's own list is one line with the path of the field, and refuses the list") {
  CHECK(refused(own(R"("input":-1)")) == "p.json: prices[0].input: a negative price: -1");
  CHECK(refused(own(R"("input":"2,5")")) == "p.json: prices[0].input: not a number: \"2,5\"");
  CHECK(refused(own(R"("input":true)")) == "p.json: prices[0].input: must be a number");
  CHECK(refused(own(R"("input":1000001)")) == "p.json: prices[0].input: a price that cannot be meant: 1000001");
  CHECK(refused(own(R"("images":1001)")) == "p.json: prices[0].images: a price that cannot be meant: 1001");
  CHECK(refused(own(R"("input":1e500)")) == "p.json: prices[0].input: a number out of range: \"1e500\"");
  CHECK(refused(own(R"("inputs":1)")) == "p.json: prices[0].inputs: an unknown unit");
  CHECK(refused(own(R"("input_milliseconds":1)")) == "p.json: prices[0].input_milliseconds: an unknown unit");
  CHECK(refused(own(R"("comment":"free")")) == "p.json: prices[0]: no prices");
  CHECK(refused(own(R"("input":1,"per":0)")) == "p.json: prices[0].per: must be above 0");
  CHECK(refused(own(R"("input":1,"from":"2026-02-30")")) ==
        "p.json: prices[0].from: must be a date such as \"2026-03-13\"");
  CHECK(refused(own(R"("input":1,"from":20260101)")) ==
        "p.json: prices[0].from: must be a date such as \"2026-03-13\"");
  CHECK(refused(own(R"("input":1,"tiers":[{"input":2}])")) == "p.json: prices[0].tiers[0]: no \"above\"");
  CHECK(refused(own(R"("input":1,"tiers":[{"above":9,"in":2}])")) == "p.json: prices[0].tiers[0].in: an unknown unit");
  CHECK(refused(own(R"("input":1,"tiers":[{"above":9,"input":2},{"above":9,"input":3}])")) ==
        "p.json: prices[0].tiers[1].above: a second tier above as many tokens");
  CHECK(refused(own(R"("input":1,"batch":0)")) == "p.json: prices[0].batch: must be a factor above 0, at most 100");
  CHECK(refused(own(R"("input":1,"service_tiers":{"a":-1})")) ==
        "p.json: prices[0].service_tiers.a: must be a factor above 0, at most 100");
  CHECK(refused(own(R"("input":1,"off_peak":{"from":"16:30","factor":1})")) ==
        "p.json: prices[0].off_peak: no \"from\" and \"until\"");
  CHECK(refused(own(R"("input":1,"off_peak":{"from":"25:00","until":"1:00","factor":1})")) ==
        "p.json: prices[0].off_peak.from: must be a time of day such as \"16:30\"");
  CHECK(refused(own(R"("input":1,"off_peak":{"from":"16:30","until":"01:00"})")) ==
        "p.json: prices[0].off_peak: neither a factor nor prices");
  CHECK(refused(R"({"prices":[{"provider":"x","input":1}]})") == "p.json: prices[0]: no \"model\"");
  CHECK(refused(R"({"prices":[{"provider":"x","model":7,"input":1}]})") == "p.json: prices[0].model: must be a text");
  CHECK(refused(R"({"prices":["x"]})") == "p.json: prices[0]: must be an object");
  CHECK(refused(R"({"currency":"Dollar","prices":[]})") ==
        "p.json: currency: must be a currency's three letters, such as \"USD\"");
}

TEST_CASE("two prices for one date are a mistake") {
  CHECK(refused(R"({"prices":[{"provider":"x","model":"m","from":"2026-01-01","input":1},
                              {"provider":"X","model":"M","from":"2026-01-01","input":2}]})") ==
        "p.json: prices[1]: a second price of x/m from 2026-01-01");
  CHECK(refused(R"({"prices":[{"provider":"x","model":"m","input":1},{"provider":"x","model":"m","input":2}]})") ==
        "p.json: prices[1]: a second price of x/m without a date");
  CHECK(refused(own(R"("input":1,"input":2)")) == "p.json: is not JSON: line 1, column 62: a duplicate key");
}

TEST_CASE("with mistakes to be skipped, the rest of the list is used and each is told") {
  const auto s =
      parse_prices(R"({"prices":[{"provider":"x","model":"a","input":-1},{"provider":"x","model":"b","input":1},
                                            {"provider":"x","model":"c","inptu":1}]})",
                   "p.json", price_file_options().on_mistake(mistakes::skip));
  CHECK(s.size() == 1);
  CHECK(million(s, "x", "b", input_text) == "1");
  REQUIRE(s.warnings().size() == 2);
  CHECK(s.warnings()[0] == "prices[0].input: a negative price: -1");
  CHECK(s.warnings()[1] == "prices[2].inptu: an unknown unit");
}

TEST_CASE("what is not JSON, or no price list, or too large, is refused with its place") {
  CHECK(refused("{\"prices\":[\n  {\"provider\" \"x\"}]}") == "p.json: is not JSON: line 2, column 15: syntax error");
  CHECK(refused("").starts_with("p.json: is not JSON: line 1, column 1: "));
  CHECK(refused("{}").starts_with("p.json: is not a price list"));
  CHECK(refused("[]").starts_with("p.json: is not a price list"));
  CHECK(refused("7").starts_with("p.json: is not a price list"));
  CHECK(refused(R"({"prices":{}})").starts_with("p.json: is not a price list"));
  CHECK(refused(R"({"data":[{"id":"a"}]})").starts_with("p.json: is not a price list"));
  CHECK(refused(std::string(100, '[') + std::string(100, ']')).starts_with("p.json: is not JSON: "));
  CHECK(refused("{\"prices\":[]} x").find("something after the value") != std::string::npos);
  CHECK(refused("{\"prices\":[]}", price_file_options().max_bytes(5)) == "p.json: is larger than 5 bytes");
  CHECK(parse_prices("{\"prices\":[]}", "empty").size() == 0);
}

TEST_CASE("a message shows nothing of a file that a terminal would obey") {
  const auto words = refused(own("\"in\\u001b[31m\":1"));
  CHECK(words == "p.json: prices[0].in?[31m: an unknown unit");
  CHECK(refused(own(R"("input":"\u0007\n")")) == "p.json: prices[0].input: not a number: \"??\"");
}

TEST_CASE("the router's list: a price for each provider, in its order, and none for those without") {
  const auto s = parse_prices(R"({"object":"list","data":[
    {"id":"moonshotai/Kimi-K3","object":"model","owned_by":"moonshotai","providers":[
      {"provider":"together","status":"live","context_length":1000000,"pricing":{"input":3,"output":15},"is_free":false},
      {"provider":"fireworks-ai","status":"live","is_free":false},
      {"provider":"novita","status":"live","pricing":{"input":0.57,"output":2.3}}]},
    {"id":"no/providers"},
    {"id":"b/c","providers":[{"provider":"groq","pricing":{"input":-1,"output":1}},
                             {"provider":"nscale","pricing":{"input":0.1,"output":0.3,"per_image":5}}]}]})",
                              "router");
  CHECK(s.rank() == weir::price_rank::live);
  CHECK(s.size() == 3);
  CHECK(million(s, "together", "moonshotai/Kimi-K3", input_text) == "3");
  CHECK(million(s, "novita", "moonshotai/Kimi-K3", output_text) == "2.3");
  CHECK(million(s, "fireworks-ai", "moonshotai/Kimi-K3", input_text) == "no model");
  CHECK(million(s, "nscale", "b/c", output_text) == "0.3");
  REQUIRE(s.warnings().size() == 2);
  CHECK(s.warnings()[0] == "data[2].providers[0].pricing.input: a negative price: -1");
  CHECK(s.warnings()[1] == "data[2].providers[1].pricing.per_image: an unknown kind of price, left out here and "
                           "wherever else it occurs");
  // A cached token without a price is charged, and said.
  const auto p = price(s, price_query("together", "moonshotai/Kimi-K3").usage(used({{cache_read, 1000}})));
  CHECK(p.cost->text() == "0.003");
  CHECK(p.incomplete);
}

TEST_CASE("OpenRouter's list: texts per token, tiers from overrides, and no price where it depends") {
  const auto s = parse_prices(R"({"data":[
    {"id":"google/gemini-pro","canonical_slug":"google/gemini-pro-20260528","pricing":{"prompt":"0.000002",
     "completion":"0.000012","image":"0.000002","audio":"0.000002","input_audio_cache":"0.0000002","web_search":"0.014",
     "internal_reasoning":"0.000012","input_cache_read":"0.0000002","input_cache_write":"0.000000375","request":"0",
     "overrides":[{"min_prompt_tokens":200000,"prompt":"0.000004","completion":"0.000018","input_cache_read":"0.0000004"}]}},
    {"id":"anthropic/claude","pricing":{"prompt":"0.000005","completion":"0.000025","input_cache_write":"0.00000625",
     "input_cache_write_1h":"0.00001"}},
    {"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}},
    {"id":"free/model:free","pricing":{"prompt":"0","completion":"0"}},
    {"id":"bad/model","pricing":{"prompt":"cheap"}}]})",
                              "openrouter");
  CHECK(s.rank() == weir::price_rank::live);
  CHECK(s.size() == 3);
  const auto of = [&](weir::usage_unit u) {
    return million(s, "https://openrouter.ai/api/v1", "google/gemini-pro", u);
  };
  CHECK(of(input_text) == "2");
  CHECK(of(output_text) == "12");
  CHECK(of(cache_read) == "0.2");
  CHECK(of(cache_write_other) == "0.375");
  CHECK(of(input_audio) == "2");
  CHECK(of(searches) == "14000");
  CHECK(of(requests) == "none");
  CHECK(million(s, "openrouter", "google/gemini-pro-20260528", input_text) == "2");
  CHECK(million(s, "openrouter", "anthropic/claude", cache_write_1h) == "10");
  CHECK(million(s, "openrouter", "openrouter/auto", input_text) == "no model");
  CHECK(million(s, "openrouter", "free/model:free", output_text) == "0");
  CHECK(cost(s, price_query("openrouter", "google/gemini-pro")
                    .usage(used({{input_text, 150'000}, {cache_read, 100'000}, {output_text, 1000}}))) == "0.658");
  REQUIRE(s.warnings().size() == 1);
  CHECK(s.warnings()[0] == "data[4].pricing.prompt: not a number: \"cheap\"");
}

TEST_CASE("genai-prices: conditions, dates, hours, tiers, variants and resellers") {
  const auto s = parse_prices(R"([
    {"id":"huggingface_groq","name":"g","models":[{"id":"openai/gpt-oss","match":{"equals":"openai/gpt-oss"},
      "prices":{"input_mtok":9,"output_mtok":9}}]},
    {"id":"anthropic","name":"Anthropic","api_pattern":"https://api\\.anthropic\\.com","models":[
      {"id":"claude-opus-4-6","match":{"or":[{"starts_with":"claude-opus-4-6"},{"regex":"^claude-4-6-opus-\\d{8}$"},
        {"and":[{"contains":"opus"},{"ends_with":"-4.6"}]}]},"context_window":200000,
       "prices":[{"prices":{"input_mtok":{"base":5,"tiers":[{"start":200000,"price":10}]},
                            "cache_write_mtok":{"base":6.25,"tiers":[{"start":200000,"price":12.5}]},
                            "cache_read_mtok":{"base":0.5,"tiers":[{"start":200000,"price":1}]},
                            "output_mtok":{"base":25,"tiers":[{"start":200000,"price":37.5}]},
                            "cache_write_1h_mtok":10,"web_searches_kcount":10,"output_citation_mtok":1}},
                 {"constraint":{"start_date":"2026-03-13"},
                  "prices":{"input_mtok":5,"cache_write_mtok":6.25,"cache_read_mtok":0.5,"output_mtok":25}}],
       "price_variants":[{"when":{"processing":"batch"},"prices":{"input_mtok":2.5,"output_mtok":12.5},
                          "constraint":{"start_date":"2026-02-01"}},
                         {"when":{"speed":"fast"},"prices":{"input_mtok":30,"output_mtok":150}},
                         {"when":{"service_tier":"default"},"prices":{}},
                         {"when":{"route":"mistral/eu"},"prices":{"input_mtok":99}}]}]},
    {"id":"deepseek","name":"d","models":[{"id":"deepseek-chat","match":{"starts_with":"deepseek-chat"},
      "prices":[{"prices":{"input_mtok":0.135,"cache_read_mtok":0.035,"output_mtok":0.55}},
                {"constraint":{"start_time":"00:30:00Z","end_time":"16:30:00Z"},
                 "prices":{"input_mtok":0.27,"cache_read_mtok":0.07,"output_mtok":1.1}}]}]},
    {"id":"google","name":"Google","fallback_model_providers":["anthropic"],"models":[]},
    {"id":"groq","name":"Groq","models":[
      {"id":"openai/gpt-oss","match":{"equals":"openai/gpt-oss"},"prices":{"input_mtok":0.15,"output_mtok":0.6}},
      {"id":"whisper","match":{"equals":"whisper"},"prices":{"audio_hours":0.036}},
      {"id":"later","match":{"future":"x"},"prices":{"input_mtok":1}},
      {"id":"bad","match":{"regex":"("},"prices":{"input_mtok":1}},
      {"id":"worse","match":{"equals":"worse"},"prices":{"input_mtok":-1}},
      {"id":"new","match":{"equals":"new"},"prices":{"input_mtok":1,"input_dreams_mtok":3,"output_mtok":{"type":"f"}}}]}])",
                              "genai.json");
  CHECK(s.rank() == weir::price_rank::reference);
  const auto query = price_query("anthropic", "claude-opus-4-6-20260201");
  const auto large = used({{input_text, 100'000}, {cache_write_5m, 150'000}, {output_text, 1000}});
  CHECK(cost(s, price_query(query).started(at(2026, 3, 12)).usage(large)) == "2.9125");
  CHECK(cost(s, price_query(query).started(at(2026, 3, 13)).usage(large)) == "1.4625");
  CHECK(price(s, price_query(query).started(at(2026, 3, 13)).usage(large)).date == "2026-03-13");
  const auto small = used({{input_text, 1000}, {cache_read, 1000}, {output_text, 1000}});
  CHECK(cost(s, price_query(query).started(at(2026, 4, 1)).usage(small).batch(true)) == "0.0155");
  CHECK(!price(s, price_query(query).started(at(2026, 4, 1)).usage(small).batch(true)).incomplete);
  // Before the variant's date: the standard price.
  CHECK(cost(s, price_query(query).started(at(2026, 1, 1)).usage(small).batch(true)) == "0.0305");
  CHECK(cost(s, price_query(query).started(at(2026, 4, 1)).usage(small).speed("fast")) == "0.1805");
  CHECK(cost(s, price_query(query).started(at(2026, 1, 1)).usage(used({{cache_write_1h, 1000}}))) == "0.01");
  CHECK(cost(s, price_query(query).started(at(2026, 1, 1)).usage(used({{searches, 3}}))) == "0.03");
  for (const auto* name : {"claude-4-6-opus-20260101", "best-opus-4.6", "Claude-Opus-4-6"})
    CHECK(million(s, "anthropic", name, input_text) == "5");
  CHECK(million(s, "anthropic", "claude-4-6-opus-latest", input_text) == "no model");
  CHECK(million(s, "gemini", "claude-opus-4-6", input_text) == "5");
  const auto chat = price_query("https://api.deepseek.com", "deepseek-chat").usage(used({{input_text, 1'000'000}}));
  CHECK(cost(s, price_query(chat).started(at(2026, 5, 1, 0, 29))) == "0.135");
  CHECK(cost(s, price_query(chat).started(at(2026, 5, 1, 0, 30))) == "0.27");
  CHECK(cost(s, price_query(chat).started(at(2026, 5, 1, 16, 30))) == "0.135");
  // Its own price, not what the router says of it.
  CHECK(million(s, "groq", "openai/gpt-oss", input_text) == "0.15");
  CHECK(million(s, "groq", "whisper", input_milliseconds) == "0.01");
  CHECK(million(s, "groq", "new", input_text) == "1");
  CHECK(million(s, "groq", "new", output_text) == "none");
  CHECK(million(s, "groq", "later", input_text) == "no model");
  REQUIRE(s.warnings().size() == 3);
  CHECK(s.warnings()[0] == "[4].models[3].match.regex: not a regular expression that can be used");
  CHECK(s.warnings()[1] == "[4].models[4].prices.input_mtok: a negative price: -1");
  CHECK(s.warnings()[2].starts_with("[4].models[5].prices.input_dreams_mtok: an unknown kind of price"));
}

TEST_CASE("genai-prices: where no price holds without a condition, the first is meant") {
  const auto s =
      parse_prices(R"({"units":{},"providers":[{"id":"x","models":[{"id":"m","match":{"equals":"m"},"prices":[
    {"constraint":{"start_date":"2026-06-01"},"prices":{"input_mtok":1}},
    {"constraint":{"start_date":"2026-07-01"},"prices":{"input_mtok":2}},
    {"constraint":{"type":"future"},"prices":{"input_mtok":99}}]}]}]})",
                   "s");
  const auto on = [&](auto when) {
    return cost(s, price_query("x", "m").started(when).usage(used({{input_text, 1'000'000}})));
  };
  CHECK(on(at(2026, 1, 1)) == "1");
  CHECK(on(at(2026, 6, 1)) == "1");
  CHECK(on(at(2026, 7, 1)) == "2");
}

TEST_CASE("LiteLLM's list: every suffix, in either order, and numbers that were floats") {
  const auto s = parse_prices(R"({"sample_spec":{"input_cost_per_token":0.0,"litellm_provider":"one of …"},
    "claude-x":{"litellm_provider":"anthropic","mode":"chat","max_input_tokens":200000,"input_cost_per_token":3e-06,
      "output_cost_per_token":1.5e-05,"cache_read_input_token_cost":3.0000000000000004e-07,
      "cache_creation_input_token_cost":3.75e-06,"cache_creation_input_token_cost_above_1hr":6e-06,
      "cache_creation_input_token_cost_above_12hr":9e-06,
      "input_cost_per_token_above_200k_tokens":6e-06,"output_cost_per_token_above_200k_tokens":2.25e-05,
      "cache_creation_input_token_cost_above_200k_tokens":7.5e-06,"cache_read_input_token_cost_above_200k_tokens":6e-07,
      "cache_creation_input_token_cost_above_1hr_above_200k_tokens":1.2e-05,
      "search_context_cost_per_query":{"search_context_size_low":0.01,"search_context_size_medium":0.02},
      "supports_vision":true,"source":"https://…"},
    "gpt-x":{"litellm_provider":"openai","input_cost_per_token":5e-06,"output_cost_per_token":3e-05,
      "cache_read_input_token_cost":5e-07,"input_cost_per_token_batches":2.5e-06,"output_cost_per_token_batches":1.5e-05,
      "cache_read_input_token_cost_batches":2.5e-07,"input_cost_per_token_flex":2.5e-06,
      "output_cost_per_token_flex":1.5e-05,"input_cost_per_token_priority":1e-05,"output_cost_per_token_priority":6e-05,
      "cache_read_input_token_cost_priority":1e-06,
      "input_cost_per_token_above_272k_tokens":1e-05,"output_cost_per_token_above_272k_tokens":4.5e-05,
      "cache_read_input_token_cost_above_272k_tokens":1e-06,
      "input_cost_per_token_priority_above_272k_tokens":2e-05,"output_cost_per_token_above_272k_tokens_priority":9e-05,
      "cache_read_input_token_cost_above_272k_tokens_priority":2e-06,"output_cost_per_reasoning_token":4e-05,
      "input_cost_per_audio_token":1e-05,"regional_processing_uplift_multiplier_eu":1.1},
    "together_ai/Qwen/Qwen3":{"litellm_provider":"together_ai","input_cost_per_token":2e-07,"output_cost_per_token":6e-07},
    "fireworks_ai/accounts/fireworks/models/m":{"litellm_provider":"fireworks_ai","input_cost_per_token":9e-07},
    "huggingface/novita/deepseek-ai/R1":{"litellm_provider":"huggingface","input_cost_per_token":7e-07},
    "azure/eu/gpt-x":{"litellm_provider":"azure","input_cost_per_token":5.5e-06},
    "xai/grok-4":{"litellm_provider":"xai","input_cost_per_token":1e-06},"xai/grok-latest":{"alias_of":"xai/grok-4"},
    "bedrock/claude-latest":{"alias_of":"claude-x"},"claude-latest":{"alias_of":"claude-x"},"lost":{"alias_of":"gone"},
    "whisper-1":{"litellm_provider":"openai","mode":"audio_transcription","input_cost_per_second":0.0001},
    "tts-1":{"litellm_provider":"openai","input_cost_per_character":1.5e-05},
    "mistral/ocr":{"litellm_provider":"mistral","ocr_cost_per_page":0.002},
    "dall-e-3":{"litellm_provider":"openai","mode":"image_generation","input_cost_per_image":0.04},
    "rerank":{"litellm_provider":"cohere","input_cost_per_query":0.002},
    "dashscope/qwen-flash":{"litellm_provider":"dashscope","tiered_pricing":[
      {"range":[0,256000.0],"input_cost_per_token":5e-08,"output_cost_per_token":4e-07},
      {"range":[256000.0,1000000.0],"input_cost_per_token":2.5e-07,"output_cost_per_token":2e-06}]},
    "deepseek/chat":{"litellm_provider":"deepseek","input_cost_per_token":3e-07,"output_cost_per_token":1.2e-06,
      "off_peak_pricing":{"input_cost_per_token":1.5e-07,"windows":[
        {"hours_utc":["00:00-01:00","10:00-00:00"],"weekdays":[1,2,3,4,5]},{"hours_utc":"00:00-00:00","weekdays":[6,7]}]}},
    "only-dbu":{"litellm_provider":"databricks","input_dbu_cost_per_token":1e-05},
    "broken":{"litellm_provider":"openai","input_cost_per_token":-1e-06},
    "odd":{"litellm_provider":"openai","input_cost_per_token":1e-06,"input_cost_per_thought":1e-06}})",
                              "litellm.json");
  CHECK(s.rank() == weir::price_rank::reference);
  const auto claude = price_query("anthropic", "claude-x");
  CHECK(million(s, "anthropic", "claude-x", cache_read) == "0.3");
  CHECK(million(s, "anthropic", "claude-x", cache_write_5m) == "3.75");
  CHECK(million(s, "anthropic", "claude-x", cache_write_1h) == "6");
  CHECK(million(s, "anthropic", "claude-x", searches) == "20000");
  CHECK(cost(s, price_query(claude).usage(
                    used({{input_text, 1000}, {cache_write_1h, 200'000}, {output_text, 1000}}))) == "2.4285");
  const auto gpt = price_query("openai-responses", "gpt-x");
  const auto large = used({{input_text, 100'000}, {cache_read, 200'000}, {output_text, 1000}, {output_reasoning, 0}});
  CHECK(cost(s, price_query(gpt).usage(large)) == "1.245");
  // Priority, above 272k, from the cache.
  CHECK(cost(s, price_query(gpt).usage(large).service_tier("priority")) == "2.49");
  CHECK(!price(s, price_query(gpt).usage(large).service_tier("priority")).incomplete);
  const auto small = used({{input_text, 1000}, {cache_read, 1000}, {output_text, 1000}});
  CHECK(cost(s, price_query(gpt).usage(small).batch(true)) == "0.01775");
  // No price of flex for the cache, nor above the tier: half of the standard one, as its tokens are.
  const auto flex = price(s, price_query(gpt).usage(large).service_tier("flex"));
  CHECK(flex.cost->text() == "0.6225");
  CHECK(flex.incomplete);
  CHECK(million(s, "openai", "gpt-x", output_reasoning) == "40");
  CHECK(million(s, "together", "qwen/qwen3", output_text) == "0.6");
  CHECK(million(s, "together", "together_ai/Qwen/Qwen3", output_text) == "0.6");
  CHECK(million(s, "fireworks-ai", "accounts/fireworks/models/m", input_text) == "0.9");
  CHECK(million(s, "novita", "deepseek-ai/R1", input_text) == "0.7");
  CHECK(million(s, "azure", "eu/gpt-x", input_text) == "5.5");
  CHECK(million(s, "https://api.x.ai/v1", "grok-latest", input_text) == "1");
  CHECK(million(s, "bedrock", "claude-latest", output_text) == "15");
  CHECK(million(s, "anthropic", "claude-latest", output_text) == "15");
  CHECK(million(s, "bedrock", "claude-x", output_text) == "no model");
  CHECK(million(s, "openai", "whisper-1", input_milliseconds) == "0.1");
  CHECK(million(s, "openai", "tts-1", input_characters) == "15");
  CHECK(million(s, "mistral", "ocr", pages) == "2000");
  CHECK(million(s, "openai", "dall-e-3", images) == "40000");
  CHECK(million(s, "cohere", "rerank", searches) == "2000");
  const auto qwen = price_query("dashscope", "qwen-flash");
  CHECK(cost(s, price_query(qwen).usage(used({{input_text, 256'000}}))) == "0.0128");
  CHECK(cost(s, price_query(qwen).usage(used({{input_text, 256'001}}))) == "0.06400025");
  const auto chat = price_query("deepseek", "chat").usage(used({{input_text, 1'000'000}}));
  CHECK(cost(s, price_query(chat).started(at(2026, 11, 27, 9, 59))) == "0.3"); // a Friday
  CHECK(cost(s, price_query(chat).started(at(2026, 11, 27, 10))) == "0.15");
  CHECK(cost(s, price_query(chat).started(at(2026, 11, 28, 9, 59))) == "0.15");
  CHECK(million(s, "databricks", "only-dbu", input_text) == "no model");
  CHECK(million(s, "openai", "odd", input_text) == "1");
  REQUIRE(s.warnings().size() == 2);
  CHECK(s.warnings()[0] == "broken.input_cost_per_token: a negative price: -1e-06");
  CHECK(s.warnings()[1].starts_with("odd.input_cost_per_thought: an unknown kind of price"));
}

TEST_CASE("models.dev's list: tiers from either of its forms") {
  const auto s = parse_prices(R"({
    "anthropic":{"id":"anthropic","name":"Anthropic","models":{
      "claude-s":{"id":"claude-s","cost":{"input":3,"output":15,"cache_read":0.3,"cache_write":3.75,
        "context_over_200k":{"input":6,"output":22.5}},"limit":{"context":200000}},
      "no-cost":{"id":"no-cost"}}},
    "fireworks-ai":{"id":"fireworks-ai","models":{"accounts/f/m":{"cost":{"input":1,"output":2,"reasoning":4,
      "input_audio":5,"output_audio":6,"tiers":[{"tier":{"type":"context","size":100000},"input":8}]}}}}})",
                              "models.dev");
  CHECK(s.size() == 2);
  CHECK(s.warnings().empty());
  CHECK(million(s, "anthropic", "claude-s", cache_write_5m) == "3.75");
  CHECK(cost(s, price_query("anthropic", "claude-s").usage(used({{input_text, 200'001}, {cache_read, 1000}}))) ==
        "1.200306");
  CHECK(cost(s, price_query("fireworks-ai", "accounts/f/m").usage(used({{input_text, 100'001}}))) == "0.800008");
  CHECK(million(s, "fireworks-ai", "accounts/f/m", output_reasoning) == "4");
}

TEST_CASE("a list of others is refused for a mistake only where that is asked for") {
  const std::string_view text = R"({"data":[{"id":"a","providers":[{"provider":"x","pricing":{"input":-1}}]}]})";
  CHECK(parse_prices(text, "r").warnings().size() == 1);
  CHECK(refused(text, price_file_options().on_mistake(mistakes::refuse)) ==
        "p.json: data[0].providers[0].pricing.input: a negative price: -1");
}

TEST_CASE("warnings are bounded") {
  std::string text = R"({"data":[{"id":"a","providers":[)";
  for (int i = 0; i != 3000; ++i)
    text += R"({"provider":"x","pricing":{"input":-1}},)";
  text.back() = ']';
  CHECK(parse_prices(text + "}]}", "r").warnings().size() == 1000);
}

TEST_CASE("a file that cannot be read says why") {
  const auto reason = [](const std::string& path, const price_file_options& how = price_file_options()) {
    try {
      weir::read_prices(path, how);
    } catch (const weir::error& e) {
      CHECK(e.code() == weir::errc::invalid_configuration);
      return e.failure().message();
    }
    return std::string("read");
  };
  CHECK(reason("/no/such/prices.json") == "/no/such/prices.json: cannot be read: No such file or directory");
  CHECK(reason("/") == "/: is a folder");
  CHECK(reason("/dev/zero") == "/dev/zero: is a device, and not a regular file");
  const auto path = (std::filesystem::temp_directory_path() / ("weir-prices-" + std::to_string(::getpid()))).string();
  std::ofstream(path) << own("\"input\":1");
  CHECK(weir::read_prices(path).name() == path);
  CHECK(reason(path, price_file_options().max_bytes(10)) == path + ": is larger than 10 bytes");
  std::filesystem::remove(path);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(reason(path) == path + ": is a pipe, and not a regular file");
  std::filesystem::remove(path);
}
