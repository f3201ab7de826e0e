// What calls may cost, before they are sent: by all that a request tells, under the names that prices have.
#include <doctest/doctest.h>

#include <weir/store/price_file.hpp>

#include "policy/spend/bounded_operation.hpp"
#include "policy/spend/charge.hpp"

using namespace weir;
using enum usage_unit;

namespace {

const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(1'780'000'000));

class asked final : public bounded_operation {
public:
  asked(std::string_view name, request_bound b) : name_(name), bound_(std::move(b)) {}
  std::string_view name() const noexcept override { return name_; }
  token_estimate tokens() const override { return {}; }
  const request_bound& bound() const noexcept override { return bound_; }

private:
  std::string_view name_;
  request_bound bound_;
};

class unknown final : public operation {
public:
  std::string_view name() const noexcept override { return "text-to-image"; }
  token_estimate tokens() const override { return {}; }
};

request_bound of(std::initializer_list<std::pair<usage_unit, std::uint64_t>> units) {
  request_bound b;
  for (const auto& [u, n] : units)
    b.most.set(u, n);
  return b;
}

std::string cost_of(std::shared_ptr<const operation> op, std::string_view prices, const target& to = target("p/m"),
                    const mapped_names& names = mapped_names()) {
  price_book book;
  book.add(parse_prices(prices, "test"));
  const call c(std::move(op), to, nullptr, time_point());
  price_query q;
  q.started(now);
  const auto most = bound_of(c, &book, names, q);
  return most.cost ? most.cost->text() : "none";
}

std::string cost_of(std::string_view name, request_bound b, std::string_view prices) {
  return cost_of(std::make_shared<asked>(name, std::move(b)), prices);
}

} // namespace

TEST_CASE("images and sound in a chat count at their own prices where those are dearer than text") {
  const auto ask = of({{input_text, 100}, {input_audio, 1000}, {output_text, 10}});
  CHECK(cost_of("chat", ask, R"({"prices":[{"model":"m","input":100000,"output":200000}]})") == "112");
  CHECK(cost_of("chat", ask, R"({"prices":[{"model":"m","input":100000,"output":200000,"input_audio":300000}]})") ==
        "312");
  CHECK(cost_of("chat", ask, R"({"prices":[{"model":"m","input":100000,"output":200000,"input_audio":50000}]})") ==
        "112");
}

TEST_CASE("a requested service counts at its price: a dear one at least as the standard, a cheap one as itself") {
  const auto with = [](std::string tier) {
    auto b = of({{input_text, 100}, {output_text, 10}});
    b.service_tier = std::move(tier);
    return b;
  };
  constexpr std::string_view prices =
      R"({"prices":[{"model":"m","input":1000000,"output":1000000,"priority":3,"flex":0.5}]})";
  CHECK(cost_of("chat", with({}), prices) == "110");
  CHECK(cost_of("chat", with("auto"), prices) == "110");
  CHECK(cost_of("chat", with("priority"), prices) == "330");
  CHECK(cost_of("chat", with("flex"), prices) == "55");
  CHECK(cost_of("chat", with("unheard_of"), prices) == "110");
}

TEST_CASE("a task costs at most what its units cost together, and of units for the same thing the dearer") {
  const auto images_of = of({{input_text, 10}, {images, 4}, {output_image, 4000}});
  CHECK(cost_of("text-to-image", images_of, R"({"prices":[{"model":"m","per":1,"images":"0.04"}]})") == "0.16");
  CHECK(cost_of("text-to-image", images_of,
                R"({"prices":[{"model":"m","per":1,"images":"0.04","output_image":"0.001","input":"0.1"}]})") == "5");
  const auto heard = of({{input_milliseconds, 60'000}, {input_audio, 1920}, {output_text, 480}});
  CHECK(cost_of("automatic-speech-recognition", heard,
                R"({"prices":[{"model":"m","per":1,"input_seconds":"0.0001"}]})") == "0.006");
  CHECK(cost_of("automatic-speech-recognition", heard,
                R"({"prices":[{"model":"m","per":1,"input_audio":"0.001","output":"0.01","requests":"1"}]})") ==
        "7.72");
  CHECK(cost_of("text-to-speech", of({{input_characters, 1000}, {input_text, 334}, {output_audio, 6401}}),
                R"({"prices":[{"model":"m","per":1,"input_characters":"0.000015"}]})") == "0.015");
}

TEST_CASE("a task that tells nothing counts as one request, and as one image if it makes any") {
  CHECK(cost_of(std::make_shared<unknown>(), R"({"prices":[{"model":"m","per":1,"images":"0.04","requests":"1"}]})") ==
        "1.04");
}

TEST_CASE("a price is found under the provider's own name of a model before the one that was asked for") {
  const auto ask = [] { return std::make_shared<asked>("chat", of({{input_text, 1}, {output_text, 0}})); };
  constexpr std::string_view prices = R"({"prices":[{"model":"own","input":200000,"output":0},)"
                                      R"({"provider":"p","model":"m","input":100000,"output":0}]})";
  mapped_names names;
  const target to("p/m");
  CHECK(!names.find(to));
  CHECK(cost_of(ask(), prices, to, names) == "0.1");
  names.learn(to, "p", "own");
  CHECK(names.find(to) == mapped_name("p", "own"));
  CHECK(cost_of(ask(), prices, to, names) == "0.2");
  names.learn(to, "p", "without a price");
  CHECK(cost_of(ask(), prices, to, names) == "0.1");

  price_book book;
  book.add(parse_prices(prices, "test"));
  const auto paid = [&](const std::string& model) {
    usage u;
    u.units.set(input_text, 1);
    price_query q;
    q.started(now).usage(u);
    return price_of(&book, q, to, "p", model).cost->text();
  };
  CHECK(paid("own") == "0.2");
  CHECK(paid("without a price") == "0.1");
}

TEST_CASE("of a server at a URL the names are tried by its host, then by its provider; each once") {
  const auto at = target("p/m").base_url("https://host.test/v1");
  const auto names_of = [](const target& to, const std::string& provider, const std::string& model) {
    std::string all;
    price_query q;
    price_names each(to, provider, model);
    while (each.next(q))
      all += q.provider() + '/' + q.model() + ' ';
    return all;
  };
  CHECK(names_of(at, "p", "m") == "https://host.test/v1/m p/m ");
  CHECK(names_of(at, "p", "own") == "https://host.test/v1/own p/own https://host.test/v1/m p/m ");
  CHECK(names_of(target("p/m"), "p", "m") == "p/m ");
  CHECK(names_of(target("auto/m"), "q", "own") == "q/own auto/m ");
  CHECK(names_of(target(), "", "") == "/ ");
}
