// Ranking and weighting providers by their prices and speed.
#include <doctest/doctest.h>

#include <string>

#include <weir/policy/observe/prices.hpp>

using namespace weir;

namespace {

model_provider provider(const char* id, std::optional<double> output, std::optional<double> throughput,
                        std::optional<int> latency_ms = {}) {
  model_provider p;
  p.id = id;
  p.status = "live";
  p.price.output = output;
  p.throughput = throughput;
  if (latency_ms)
    p.first_token = std::chrono::milliseconds(*latency_ms);
  return p;
}

model_info writer() {
  model_info m;
  m.id = "acme/writer";
  m.providers = {provider("dear", 4.0, 400.0, 100), provider("unknown", {}, {}), provider("middle", 2.0, 200.0, 300),
                 provider("cheap", 1.0, 1.0, 600), provider("broken", 0.1, 9000.0, 1)};
  m.providers.back().status = "error";
  return m;
}

std::string order(const model_info& m, preference by) {
  std::string all;
  for (const auto& t : ranked(m, by)) {
    CHECK(t.model() == "acme/writer");
    all += (all.empty() ? "" : " ") + t.provider();
  }
  return all;
}

double share(const routing& r, const char* id) {
  for (const auto& c : r.targets())
    if (c.to.provider() == id)
      return c.weight;
  return -1;
}

} // namespace

TEST_CASE("providers are ranked by what is preferred, the unknown last and those in error not at all") {
  CHECK(order(writer(), preference::cheapest) == "cheap middle dear unknown");
  CHECK(order(writer(), preference::fastest) == "dear middle cheap unknown");
  CHECK(order(writer(), preference::soonest) == "dear middle cheap unknown");
  auto gift = writer();
  gift.providers[1].is_free = true;
  CHECK(order(gift, preference::cheapest) == "unknown cheap middle dear");
  CHECK(ranked(model_info(), preference::fastest).empty());
}

TEST_CASE("of equal output prices the lower input price is cheaper") {
  auto m = writer();
  m.providers = {provider("b", 1.0, {}), provider("a", 1.0, {})};
  m.providers[0].price.input = 0.5;
  m.providers[1].price.input = 0.25;
  CHECK(order(m, preference::cheapest) == "a b");
}

TEST_CASE("calls are spread in proportion to throughput or inversely to price") {
  const auto fast = spread(writer(), preference::fastest);
  CHECK(fast.targets().size() == 4);
  CHECK(share(fast, "dear") == doctest::Approx(1));
  CHECK(share(fast, "middle") == doctest::Approx(0.5));
  CHECK(share(fast, "cheap") == doctest::Approx(0.01));
  CHECK(share(fast, "unknown") == doctest::Approx(0.01));
  CHECK(share(fast, "broken") == -1);
  fast.check("routing");

  const auto cheap = spread(writer(), preference::cheapest);
  CHECK(share(cheap, "cheap") == doctest::Approx(1));
  CHECK(share(cheap, "middle") == doctest::Approx(0.5));
  CHECK(share(cheap, "unknown") == doctest::Approx(0.25));
}

TEST_CASE("where nothing is known all shares are equal") {
  auto m = writer();
  for (auto& p : m.providers)
    p.throughput.reset();
  const auto even = spread(m, preference::fastest);
  for (const auto& c : even.targets())
    CHECK(c.weight == 1);
}
