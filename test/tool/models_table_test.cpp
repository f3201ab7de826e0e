// Tables of models, and the report of weir check.
#include <doctest/doctest.h>

#include <sstream>

#include "codec/json/json.hpp"
#include "tool/commands/check_report.hpp"
#include "tool/commands/models_table.hpp"

using namespace weir;
using namespace weir::cli;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    all.push_back(line);
  return all;
}

std::size_t columns(std::string_view line) {
  std::size_t n = 0;
  for (const char c : line)
    n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

model_info model(std::string id) {
  model_info m;
  m.id = std::move(id);
  model_provider cheap, dear, broken;
  cheap.id = "cheap";
  cheap.price = token_price(0.5, 0.001);
  cheap.context_length = 1'048'576;
  cheap.throughput = 99.6;
  cheap.first_token = 12345ms;
  cheap.supports_tools = true;
  dear.id = "dear";
  dear.price = token_price(1000, 2000);
  broken.id = "featherless-ai";
  broken.status = "error";
  m.providers = {broken, dear, cheap};
  return m;
}

checked_provider failing(errc code) {
  checked_provider p;
  p.provider = "x";
  p.steps.emplace_back("key", verdict::ok, 1ms, "");
  p.steps.emplace_back("call", verdict::failed, 1ms, "no");
  p.steps.back().failure = failure(code, "no");
  return p;
}

} // namespace

TEST_CASE("a table has the cheapest provider first, those in error last, and fits in 100 columns") {
  const auto lines = lines_of(models_table({model("b/b"), model("A/" + std::string(60, 'x'))}));
  REQUIRE(lines.size() == 8);
  CHECK(lines[1] == "A/" + std::string(60, 'x'));
  CHECK(lines[2].find("cheap") != std::string::npos);
  CHECK(lines[5].starts_with("b/b "));
  CHECK(lines[5].find("0.0010") != std::string::npos);
  CHECK(lines[5].find("1.0M") != std::string::npos);
  CHECK(lines[5].find("12s") != std::string::npos);
  CHECK(lines[6].find("2000.00") != std::string::npos);
  CHECK(lines[7].find("featherless-ai!") != std::string::npos);
  CHECK(lines[7].find("–") != std::string::npos);
  for (const auto& line : lines)
    CHECK(columns(line) <= 100);
}

TEST_CASE("a model without providers has one row, and a free provider is shown as free") {
  model_info m;
  m.id = "local";
  CHECK(lines_of(models_table({m})).size() == 2);
  auto gift = model("g");
  gift.providers[1].is_free = true;
  const auto lines = lines_of(models_table({gift}));
  CHECK(lines[1].find("dear") != std::string::npos);
  CHECK(lines[1].find("free") != std::string::npos);
}

TEST_CASE("a model as JSON has every member, null where unknown") {
  error_code ec;
  const auto v = codec::parse_json(to_json(model("b/b")), ec);
  REQUIRE_FALSE(ec);
  CHECK(v.at("owner").is_null());
  CHECK(v.at("created").is_null());
  CHECK(v.at("providers").at(2).at("price").at("output") == 0.001);
  CHECK(v.at("providers").at(0).at("tokens_per_second").is_null());
}

TEST_CASE("names cannot control the terminal") {
  CHECK(models_table({model("evil\x1b[2J")}).find('\x1b') == std::string::npos);
}

TEST_CASE("the exit code of a check is that of the worst failure") {
  CHECK(worst_code({}) == 0);
  CHECK(worst_code({checked_provider()}) == 0);
  CHECK(worst_code({failing(errc::connect_failed), failing(errc::unauthorized), failing(errc::missing_key)}) == 4);
  CHECK(worst_code({failing(errc::connect_failed), failing(errc::missing_key)}) == 3);
  CHECK(worst_code({failing(errc::deadline_exceeded), failing(errc::connect_failed)}) == 5);
  CHECK(worst_code({failing(errc::deadline_exceeded)}) == 6);
}

TEST_CASE("a clock that is off by more than a minute is reported, with the direction") {
  const std::chrono::system_clock::time_point now{std::chrono::hours(500000)};
  CHECK(clock_step(now, now + 60s).how == verdict::ok);
  const auto behind = clock_step(now, now + 90s);
  CHECK(behind.how == verdict::note);
  CHECK(behind.detail.find("90 s behind") != std::string::npos);
  CHECK(clock_step(now + 2h, now).detail.find("7200 s ahead") != std::string::npos);
}

TEST_CASE("a check as JSON has each step, its time and the error") {
  error_code ec;
  const auto v = codec::parse_json(to_json(failing(errc::unauthorized)), ec);
  REQUIRE_FALSE(ec);
  CHECK(v.at("ok") == false);
  CHECK(v.at("steps").at(0).at("result") == "ok");
  CHECK(v.at("steps").at(0).at("ms") == 1.0);
  CHECK(v.at("steps").at(1).at("result") == "failed");
  CHECK(v.at("steps").at(1).at("error").at("code") == "unauthorized");
}
