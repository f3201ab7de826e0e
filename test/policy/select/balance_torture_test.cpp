// All layers that choose targets, on top of each other, against random wires and cancellations.
#include <doctest/doctest.h>

#include <cstdlib>

#include <weir/core/group.hpp>
#include <weir/core/random.hpp>

#include "policy/alternatives/fallback.hpp"
#include "policy/alternatives/hedge.hpp"
#include "policy/select/balance_random.hpp"
#include "policy/select/balance_support.hpp"
#include "policy/select/key_pool.hpp"
#include "policy/select/routing.hpp"
#include "policy/select/tiers.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

namespace {

behaviour random_behaviour(random_source& random, const std::string& whole, std::size_t at) {
  static constexpr errc failures[] = {errc::overloaded,  errc::rate_limited, errc::unauthorized, errc::quota_exhausted,
                                      errc::bad_request, errc::not_found,    errc::server_error, errc::connect_failed};
  behaviour b;
  const auto some = [&](std::uint64_t most) { return std::chrono::milliseconds(random.below(most)); };
  b.wait(random.below(20) == 0 ? duration(1h) : duration(some(2000)));
  if (random.below(3) == 0)
    return b.fail(failure(failures[random.below(8)], "so").retry_after(some(5000)));
  const bool breaks = random.below(3) == 0;
  const auto until = breaks ? at + random.below(whole.size() - at + 1) : whole.size();
  while (at < until) {
    const auto n = std::min<std::size_t>(1 + random.below(20), until - at);
    b.text(whole.substr(at, n), random.below(30) == 0 ? duration(10min) : duration(some(800)));
    at += n;
  }
  return breaks ? b.broken() : b;
}

void schedule(std::uint64_t seed, int& whole_answers) {
  random_source random(seed);
  const std::string whole = "the quick brown fox jumps over the lazy dog and then sleeps for a while in the sun";
  // Before the context, which may be destroyed with waits that know them.
  std::vector<std::shared_ptr<heard>> all;
  asio::cancellation_signal stop[4];
  world w;
  seed_random(w.io, random.next());
  const auto wire = std::make_shared<played_wire>();
  wire->make = [&](const call& c) {
    return random_behaviour(random, whole, static_cast<const operation_of_test&>(*c.op).so_far.size());
  };
  const auto hedges = hedge().after(std::chrono::milliseconds(1 + random.below(1500))).max_extra_load(0.5);
  const auto pools = key_pool().keys("a", {"k1", "k2"}).keys("b", {"k3", "k4", "k5"});
  const auto routes = routing().add(target("a")).add(target("b"));
  auto falls = fallback().to(target("c")).to(target("b")).max_continuations(2);
  falls.resume_interrupted(random.below(2));
  auto levels = tiers().add("small", target("a/small")).add("large", target("b/large"));
  if (random.below(3) == 0)
    levels.collect_first(true).accept([&](const completion&) { return random.below(2) == 0; });
  const auto hedge_state = std::make_shared<hedge_set>(hedges);
  const auto keys = std::make_shared<key_pool_set>(pools);
  const auto places = std::make_shared<routing_set>(routes);
  const auto top = stack_layers({make_tiers(levels), make_routing(routes, places), make_fallback(falls),
                                 make_hedge(hedges, hedge_state), make_key_pool(pools, keys)},
                                wire);

  for (std::size_t i = 0; i < 4; ++i) {
    const auto in = w.root->child();
    const auto out = all.emplace_back(std::make_shared<heard>());
    const auto deadline = random.below(2) ? w.now() + std::chrono::milliseconds(random.below(20'000)) : w.now() + 1min;
    asio::co_spawn(asio::any_io_executor(executor(in)), read(top, make_call(in->child(deadline), target("a/m")), out),
                   asio::bind_cancellation_slot(stop[i].slot(), [out](std::exception_ptr) { out->ended = true; }));
    if (random.below(2)) {
      const bool by_signal = random.below(2);
      const auto at = w.now() + std::chrono::milliseconds(random.below(6000));
      time_of(w.io).async_wait(w.executor(), at,
                               asio::bind_executor(w.executor(), [&stop, i, in, by_signal, out](error_code) {
                                 if (out->ended)
                                   return;
                                 if (by_signal)
                                   stop[i].emit(asio::cancellation_type::terminal);
                                 else
                                   in->cancel(errc::cancelled);
                               }));
    }
  }
  if (random.below(5) == 0) {
    // The context is destroyed in the middle of it all.
    weir::testing::run(w.io, std::chrono::milliseconds(random.below(8000)));
    return;
  }
  weir::testing::run(w.io);
  for (const auto& out : all) {
    REQUIRE(out->ended);
    REQUIRE(whole.starts_with(out->text));
    whole_answers += out->text == whole;
  }
  REQUIRE(wire->running == 0);
  for (const auto& r : wire->seen)
    REQUIRE(r->closed != never);
  for (const auto& s : places->inspect(w.now()))
    REQUIRE(s.in_flight == 0);
  std::size_t extra = 0;
  for (const auto& s : hedge_state->inspect(w.now()))
    REQUIRE(double(s.hedges) <= 0.5 * double(s.calls));
  for (const auto& r : wire->seen)
    extra += r->hedge;
  REQUIRE(extra <= wire->seen.size());
}

} // namespace

TEST_CASE("all choosing layers together end every call, keep every text a prefix and leave nothing behind") {
  const char* rounds = std::getenv("WEIR_SCHEDULES");
  const std::uint64_t count = rounds ? std::strtoull(rounds, nullptr, 10) : 1000;
  const auto first = seed_or(1);
  const auto before = scope::live();
  int whole = 0;
  for (std::uint64_t seed = first; seed != first + count; ++seed) {
    INFO("WEIR_SEED=" << seed << " WEIR_SCHEDULES=1 test_policy -tc=\"all choosing layers together*\"");
    schedule(seed, whole);
    REQUIRE(scope::live() == before);
  }
  MESSAGE(whole << " whole answers of " << count * 4);
  if (count >= 100)
    CHECK(whole > int(count) / 2);
}
