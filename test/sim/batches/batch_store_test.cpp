// What a server keeps of batches and files, and its bounds.
#include <doctest/doctest.h>

#include "sim/batches/batch_store.hpp"
#include "sim/batches/fixture.hpp"
#include "sim/protocol.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;
using namespace std::chrono_literals;

namespace {

const wall_time start = wall_time(std::chrono::hours(500'000));
const wall_time later = start + 1h;

batch of(std::string lines, std::vector<fault> faults = {}) {
  batch b;
  b.endpoint = "/v1/chat/completions";
  b.input = std::make_shared<const std::string>(std::move(lines));
  b.faults = std::move(faults);
  return b;
}

const line_answer echo = [](std::string_view path, codec::json::value body) {
  return json_plan(200, codec::json::object{{"path", path}, {"body", std::move(body)}});
};

std::string content(batch_store& store, const std::string& id) {
  auto* f = store.files.find(id);
  return f ? *f->content : std::string("(none)");
}

} // namespace

TEST_CASE("results have every id once, in another order than the input") {
  batch_store store{batch_settings()};
  auto& b = store.begin(of(openai_lines(100)), start, "b");
  store.advance(b, later, echo);
  const auto all = content(store, b.output_file);
  const auto lines = by_id(all);
  CHECK(lines.size() == 100);
  for (int i = 0; i < 100; ++i)
    CHECK(lines.count("r" + std::to_string(i)) == 1);
  std::vector<std::size_t> places;
  for (int i = 0; i < 100; ++i)
    places.push_back(all.find("\"r" + std::to_string(i) + "\""));
  CHECK_FALSE(std::is_sorted(places.begin(), places.end()));
  CHECK(b.error_file.empty());
  CHECK_FALSE(b.input);
}

TEST_CASE("a batch is worked on as far as the time says, however often it is looked at") {
  batch_store store{batch_settings()};
  auto& b = store.begin(of(openai_lines(10)), start, "b");
  store.advance(b, start + 700ms, echo);
  CHECK(b.answered == 5);
  store.advance(b, start + 700ms, echo);
  CHECK(b.answered == 5);
  CHECK(store.lines_answered() == 5);
  store.advance(b, later, echo);
  store.advance(b, later, echo);
  CHECK(store.lines_answered() == 10);
}

TEST_CASE("a look at a large batch answers some lines, and what is left is answered in turns") {
  batch_store store{batch_settings()};
  auto& b = store.begin(of(openai_lines(2500)), start, "b");
  CHECK_FALSE(store.work(echo));
  store.advance(b, later, echo);
  CHECK(b.answered == 1000);
  CHECK(b.phase(later) == batch_phase::running);
  CHECK(store.behind());
  int turns = 1;
  while (store.work(echo))
    ++turns;
  CHECK(turns == 15);
  CHECK_FALSE(store.behind());
  CHECK_FALSE(b.written);
  store.advance(b, later, echo);
  CHECK(by_id(content(store, b.output_file)).size() == 2500);
}

TEST_CASE("lines that are answered a second time are counted") {
  batch_store store{batch_settings()};
  auto& first = store.begin(of(openai_lines(4), {fault(fault_kind::batch_expired, "50")}), start, "b");
  store.advance(first, later, echo);
  auto& second = store.begin(of(openai_lines(4)), later, "b");
  store.advance(second, later + 1h, echo);
  CHECK(number(store.told(later), "lines_repeated") == 2);
  CHECK(number(store.told(later), "created") == 2);
}

TEST_CASE("answers that do not fit the storage become errors of their lines") {
  batch_settings how;
  const auto lines = openai_lines(10);
  how.storage = lines.size() + 500;
  batch_store store(how);
  auto& b = store.begin(of(lines), start, "b");
  store.advance(b, later, echo);
  CHECK(b.succeeded > 0);
  CHECK(b.succeeded < 10);
  CHECK(b.succeeded + b.failed == 10);
  CHECK(content(store, b.error_file).find("storage is full") != std::string::npos);
}

TEST_CASE("what is deleted makes room again") {
  batch_store store{batch_settings()};
  auto& b = store.begin(of(openai_lines(10)), start, "b");
  store.advance(b, later, echo);
  CHECK(store.files.bytes() == content(store, b.output_file).size());
  store.files.erase(b.output_file);
  CHECK(store.files.bytes() == 0);
  auto held = of(openai_lines(10));
  held.place = result_place::held;
  auto& h = store.begin(std::move(held), start, "b");
  store.advance(h, start + 700ms, echo);
  CHECK(store.files.bytes() > 0);
  store.erase(h.id);
  CHECK(store.files.bytes() == 0);
  held = of(openai_lines(10));
  held.place = result_place::held;
  auto& ended = store.begin(std::move(held), start, "b");
  store.advance(ended, later, echo);
  CHECK(store.files.bytes() == ended.results->size());
  store.erase(ended.id);
  CHECK(store.files.bytes() == 0);
}

TEST_CASE("a server drops its oldest batch rather than grow forever") {
  batch_store store{batch_settings()};
  for (int i = 0; i < 1100; ++i)
    store.begin(of(openai_lines(1)), start, "b");
  CHECK(store.all().size() == 1000);
  CHECK_FALSE(store.find("b100"));
  CHECK(store.find("b101"));
}

TEST_CASE("batches fail while too many tokens of their model are enqueued, and not later") {
  batch_settings how;
  how.tokens = openai_lines(10).size() / 4 + 10;
  batch_store store(how);
  CHECK_FALSE(store.begin(of(openai_lines(10)), start, "b").refused());
  CHECK(store.begin(of(openai_lines(10)), start, "b").out_of_tokens());
  CHECK_FALSE(store.begin(of(openai_lines(10)), later, "b").refused());
}

TEST_CASE("the defaults of a batch stand back behind its lines") {
  batch_store store{batch_settings()};
  auto made = of(R"({"custom_id":"a","body":{"n":1}})");
  made.defaults = {{"n", 2}, {"model", "d"}};
  auto& b = store.begin(std::move(made), start, "b");
  store.advance(b, later, echo);
  const auto body = by_id(content(store, b.output_file)).find("a")->second.at("response").at("body").at("body");
  CHECK(number(body, "n") == 1);
  CHECK(text(body, "model") == "d");
}

TEST_CASE("large content is sent in pieces that add up to it") {
  const auto big = std::make_shared<const std::string>(300'000, 'x');
  auto p = content_plan(big, "text/plain");
  REQUIRE(p.events);
  std::string all, part;
  while (p.events->next(part) != piece::end)
    all += part;
  CHECK(all == *big);
  CHECK_FALSE(content_plan(std::make_shared<const std::string>("x"), "text/plain").events);
}
