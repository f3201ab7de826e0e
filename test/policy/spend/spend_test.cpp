// What attempts cost as a layer: room in the budgets before, an entry in the ledger after, however they end.
#include <doctest/doctest.h>

#include "policy/rate/rate_limit_fakes.hpp"
#include "policy/spend/spend.hpp"

using namespace std::chrono_literals;
using namespace limits_test;
using weir::budget;
using weir::errc;
using weir::money;
using weir::usage_unit;

namespace {

class recorder final : public weir::ledger {
public:
  void add(const weir::ledger_entry& e) noexcept override { entries.push_back(e); }
  bool ready(std::string& why) noexcept override {
    why = "disk full";
    return !broken;
  }
  std::vector<weir::ledger_entry> entries;
  bool broken = false;
};

std::shared_ptr<weir::budgets> thousand_tokens() {
  return std::make_shared<weir::budgets>(std::vector<budget>{budget("tokens").max_tokens(1000).per_hour()});
}

class desk {
public:
  desk() : scene({weir::make_spend(parts())}) {}

  const weir::ledger_entry& entry() {
    REQUIRE(book->entries.size() == 1);
    return book->entries.front();
  }
  std::uint64_t left() { return all->state(weir::time_of(scene.world.executor()).wall()).at(0).tokens_left(); }

  std::shared_ptr<recorder> book = std::make_shared<recorder>();
  std::shared_ptr<weir::budgets> all = thousand_tokens();
  limits_test::scene scene;

private:
  weir::spend_parts parts() const {
    weir::spend_parts p;
    p.ledger = book;
    p.budgets = all;
    return p;
  }
};

weir::usage used(std::uint64_t in, std::uint64_t out) {
  weir::usage u;
  u.units.set(usage_unit::input_text, in);
  u.units.set(usage_unit::output_text, out);
  return u;
}

} // namespace

TEST_CASE("an answer is entered with what it used, and the rest of its reservation is free again") {
  desk d;
  const auto c = d.scene.start(600);
  REQUIRE(c->answer);
  CHECK(d.left() == 400);
  auto u = used(50, 30);
  u.cost = 0.25;
  d.scene.provider->last->use(u);
  weir::answer_info info;
  info.model = "gpt-4-2026";
  info.service_tier = "flex";
  d.scene.provider->last->tell(info);
  CHECK(d.book->entries.empty());
  d.scene.provider->last->end(weir::outcome::complete);
  CHECK(d.left() == 920);
  const auto& e = d.entry();
  CHECK(e.provider == "openai");
  CHECK(e.model == "gpt-4");
  CHECK(e.model_answered == "gpt-4-2026");
  CHECK(e.service_tier == "flex");
  CHECK(e.outcome == weir::outcome::complete);
  CHECK(e.error.empty());
  CHECK(e.price.cost == money::parse("0.25"));
  CHECK(!e.usage.estimated);
  CHECK(!e.maybe_billed);
}

TEST_CASE("a call that a budget has no room for is not sent, and the error says when there is room") {
  desk d;
  const auto first = d.scene.start(600);
  const auto second = d.scene.start(600);
  CHECK(second->failure.code() == errc::over_budget);
  CHECK(second->failure.code() == weir::condition::quota_exhausted);
  CAPTURE(second->failure.message());
  CHECK(second->failure.message().find("tokens") != std::string::npos);
  REQUIRE(second->failure.retry_after());
  CHECK(*second->failure.retry_after() <= 1h);
  CHECK(d.scene.provider->requests.size() == 1);
  CHECK(d.book->entries.empty());
  d.scene.provider->last->use(used(1, 1));
  d.scene.provider->last->end(weir::outcome::complete);
  CHECK(d.scene.start(600)->answer);
}

TEST_CASE("what the provider refused costs nothing, and is entered") {
  desk d;
  d.scene.provider->fails = [](const weir::call&) { return weir::failure(errc::bad_request, "no").status(400); };
  CHECK(d.scene.start(600)->failure.code() == errc::bad_request);
  CHECK(d.left() == 1000);
  const auto& e = d.entry();
  CHECK(e.error == "bad_request");
  CHECK(e.price.cost == money());
  CHECK(e.price.why_unpriced.empty());
  CHECK(e.usage.empty());
}

TEST_CASE("what was never sent is not entered, and gives its reservation back") {
  desk d;
  d.scene.provider->reached = false;
  d.scene.provider->fails = [](const weir::call&) { return weir::failure(errc::connect_failed, "no"); };
  CHECK(d.scene.start(600)->failure.code() == errc::connect_failed);
  CHECK(d.left() == 1000);
  CHECK(d.book->entries.empty());
}

TEST_CASE("an attempt that breaks off without a verdict keeps its reservation, and its usage is an estimate") {
  desk d;
  d.scene.provider->fails = [](const weir::call& c) {
    c.attempt->maybe_billed = true;
    return weir::failure(errc::connection_lost, "gone");
  };
  CHECK(d.scene.start(600)->failure.code() == errc::connection_lost);
  CHECK(d.left() == 400);
  const auto& e = d.entry();
  CHECK(e.maybe_billed);
  CHECK(e.usage.estimated);
  CHECK(e.usage.units[usage_unit::input_text] == 300u);
  CHECK(e.held_tokens == 600);
  CHECK(!e.price.cost);
  CHECK(!e.price.why_unpriced.empty());
}

TEST_CASE("a reply that is dropped, and a call that is cancelled while it waits, are entered as maybe billed") {
  desk d;
  {
    const auto c = d.scene.start(300);
    REQUIRE(c->answer);
    c->answer->cancel();
  }
  CHECK(d.entry().outcome == weir::outcome::cancelled);
  CHECK(d.entry().maybe_billed);
  CHECK(d.left() == 700);
  d.scene.provider->latency = 1h;
  boost::asio::cancellation_signal stop;
  const auto c = std::make_shared<outcome_of_call>();
  boost::asio::co_spawn(d.scene.world.executor(), ask(d.scene.top, a_call(d.scene.now(), 300), c),
                        boost::asio::bind_cancellation_slot(stop.slot(), boost::asio::detached));
  d.scene.run_for(1s);
  stop.emit(boost::asio::cancellation_type::terminal);
  d.scene.run_for(1s);
  CHECK(c->cancelled);
  REQUIRE(d.book->entries.size() == 2);
  CHECK(d.book->entries[1].maybe_billed);
  CHECK(d.left() == 400);
}

TEST_CASE("an attempt whose context goes is kept in the budget and entered") {
  const auto book = std::make_shared<recorder>();
  const auto all = thousand_tokens();
  {
    weir::spend_parts p;
    p.ledger = book;
    p.budgets = all;
    scene s({weir::make_spend(p)});
    s.provider->latency = 1h;
    (void)s.start(600);
    s.run_for(1s);
  }
  REQUIRE(book->entries.size() == 1);
  CHECK(book->entries[0].maybe_billed);
  CHECK(book->entries[0].outcome == weir::outcome::cancelled);
}

TEST_CASE("counts that came before a stream broke off are known, and what came after them is estimated") {
  desk d;
  const auto c = d.scene.start(600);
  REQUIRE(c->answer);
  const_cast<weir::attempt&>(c->answer->attempt()).events = 200;
  d.scene.provider->last->use(used(50, 1));
  d.scene.provider->last->end(weir::outcome::truncated, weir::failure(errc::truncated, "cut"));
  const auto& e = d.entry();
  CHECK(e.usage.estimated);
  CHECK(e.usage.units[usage_unit::input_text] == 50u);
  CHECK(e.usage.units[usage_unit::output_text] == 200u);
  CHECK(d.left() == 750);
}

TEST_CASE("calls whose contexts go do not age a rolling window") {
  const auto all =
      std::make_shared<weir::budgets>(std::vector<budget>{budget("tokens").max_tokens(1000).per_minute().rolling()});
  const auto now = std::chrono::system_clock::time_point(1'780'000'000s);
  (void)all->reserve(weir::spend_subject(), std::nullopt, 900, now).settle(std::nullopt, 900, now);
  for (int i = 0; i < 5; ++i) {
    auto held = all->reserve(weir::spend_subject(), std::nullopt, 1, now + 10s);
    held.keep(now - 20s);
  }
  CHECK(!all->reserve(weir::spend_subject(), std::nullopt, 900, now + 11s));
  CHECK(all->reserve(weir::spend_subject(), std::nullopt, 900, now + 65s));
}

TEST_CASE("a gateway's timeout is no verdict on what the model has done") {
  desk d;
  d.scene.provider->fails = [](const weir::call&) { return weir::failure(errc::server_error, "slow").status(504); };
  CHECK(d.scene.start(600)->failure.status() == 504);
  CHECK(d.entry().maybe_billed);
  CHECK(d.left() == 400);
}

TEST_CASE("a complete answer without counts is estimated, and marked") {
  desk d;
  const auto c = d.scene.start(600);
  REQUIRE(c->answer);
  const_cast<weir::attempt&>(c->answer->attempt()).events = 20;
  d.scene.provider->last->end(weir::outcome::complete);
  CHECK(d.entry().usage.estimated);
  CHECK(d.entry().usage.units[usage_unit::output_text] == 20u);
  CHECK(!d.entry().maybe_billed);
}

TEST_CASE("a count that is missing, or could not be read, is estimated and not free") {
  desk d;
  const auto c = d.scene.start(600);
  REQUIRE(c->answer);
  const_cast<weir::attempt&>(c->answer->attempt()).events = 20;
  weir::usage only_output;
  only_output.units.set(usage_unit::output_text, 5);
  d.scene.provider->last->use(only_output);
  d.scene.provider->last->end(weir::outcome::complete);
  const auto& u = d.entry().usage;
  CHECK(u.estimated);
  CHECK(u.units[usage_unit::input_text].value_or(0) > 0);
  CHECK(u.units[usage_unit::output_text] == 5u);

  desk other;
  const auto without_output = other.scene.start(600);
  REQUIRE(without_output->answer);
  const_cast<weir::attempt&>(without_output->answer->attempt()).events = 20;
  weir::usage only_input;
  only_input.units.set(usage_unit::input_text, 7);
  other.scene.provider->last->use(only_input);
  other.scene.provider->last->end(weir::outcome::complete);
  CHECK(other.entry().usage.estimated);
  CHECK(other.entry().usage.units[usage_unit::input_text] == 7u);
  CHECK(other.entry().usage.units[usage_unit::output_text] == 20u);
}

TEST_CASE("nothing is sent while a ledger that is required cannot be written") {
  desk d;
  d.book->broken = true;
  const auto c = d.scene.start(1);
  CHECK(c->failure.code() == errc::not_saved);
  CHECK(c->failure.message().find("disk full") != std::string::npos);
  CHECK(d.scene.provider->requests.empty());
  CHECK(d.left() == 1000);
}

TEST_CASE("without a ledger and budgets the layer is not there") {
  const auto provider = std::make_shared<fake_provider>();
  CHECK(weir::make_spend(weir::spend_parts())(provider) == provider);
}
