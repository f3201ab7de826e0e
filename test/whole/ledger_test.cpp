// What the ledger and the budgets say at the end of a crowd of calls, against what the provider has served: retries,
// hedges, cancelled calls and answers that break off included.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <map>
#include <mutex>
#include <set>

#include <weir/client/client.hpp>
#include <weir/core/group.hpp>
#include <weir/core/within.hpp>
#include <weir/cost/budget.hpp>
#include <weir/cost/ledger.hpp>
#include <weir/store/price_file.hpp>

#include "sim/server/server.hpp"

using namespace weir;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int calls = 2'000;
#else
constexpr int calls = 10'000;
#endif
constexpr int in_flight = 250;
constexpr int kinds = 7;

// Calls of one kind use the same number of tokens.
chat a_chat(int kind) {
  return chat("m")
      .user(std::string(static_cast<std::size_t>(40 * kind + 10), 'x'))
      .max_tokens(3 + kind)
      .options(call_options().tag("kind", std::to_string(kind)));
}

class book final : public ledger {
public:
  void add(const ledger_entry& e) noexcept override {
    const std::lock_guard lock(mutex_);
    entries.push_back(e);
  }
  std::vector<ledger_entry> entries;

private:
  std::mutex mutex_;
};

asio::awaitable<void> make_one(client& c, int i) {
  try {
    if (i % 5 == 0) {
      (void)co_await c.chat(a_chat(i % kinds));
    } else {
      auto answer = co_await c.stream(a_chat(i % kinds));
      int seen = 0;
      // Some readers leave in the middle, some have a deadline of their own.
      while (co_await answer.next())
        if (++seen == 2 && i % 33 == 0)
          co_return;
    }
  } catch (const boost::system::system_error&) {
    // Entered all the same.
  }
}

asio::awaitable<void> limited(client& c, int i) {
  try {
    if (i % 29 == 0)
      co_await within(3ms, make_one(c, i));
    else
      co_await make_one(c, i);
  } catch (const boost::system::system_error&) {
  }
}

asio::awaitable<void> worker(client& c, int& next) {
  while (next < calls)
    co_await limited(c, next++);
}

asio::awaitable<void> crowd(client& c) {
  int next = 0;
  group all;
  for (int i = 0; i < in_flight; ++i)
    all.spawn(worker(c, next));
  co_await all.join();
}

template <class F>
void run(F body) {
  asio::io_context io(1);
  std::exception_ptr failed;
  asio::co_spawn(io, std::move(body), [&](std::exception_ptr e) { failed = e; });
  io.run();
  CHECK_FALSE(failed);
}

} // namespace

TEST_CASE("the ledger is what the provider has served, to the token and to the cent") {
  std::set<std::string> served; // ids of answers that were sent whole; written on the server's thread
  std::mutex mutex;
  sim::settings how;
  how.tls = false;
  how.on_completed = [&](const std::string& id, int status) {
    const std::lock_guard lock(mutex);
    if (status == 200)
      served.insert(id);
  };
  sim::server_thread server(how);

  const auto entered = std::make_shared<book>();
  const auto prices = std::make_shared<price_book>();
  prices->add(parse_prices(
      R"({"currency":"USD","prices":[{"model":"m","from":"2026-01-01","per":1000000,"input":"0.123457","output":"3.000001"}]})",
      "test"));
  const auto all_budgets = std::make_shared<budgets>(
      std::vector<budget>{budget("all").max_cost(*money::parse("1000000")).max_tokens(1'000'000'000).per_month()});
  const auto settings = options()
                            .base_url(server.url() + "/v1")
                            .provider("openai")
                            .prices(prices)
                            .ledger(entered)
                            .budgets(all_budgets)
                            .breaker(breaker().enabled(false))
                            .hedge(hedge().after(4ms).max_extra_load(0.2));

  // What each kind uses, as the provider counts it without faults.
  std::map<std::string, usage> of_kind;
  run([&]() -> asio::awaitable<void> {
    client c(options(settings).ledger(nullptr).budgets(nullptr));
    for (int k = 0; k < kinds; ++k) {
      const auto answer = co_await c.chat(a_chat(k));
      of_kind[std::to_string(k)] = answer.usage;
    }
  });
  served.clear();
  const auto before = server.seen().requests.load();

  std::vector<sim::fault_rule> faults;
  for (const auto* one : {"503=0.02", "reset=0.01", "error-in-band=0.01", "rate-limit=0.005", "slow-first:50ms=0.02"})
    faults.push_back(sim::parse_fault_rule(one));
  server.faults(std::move(faults));
  run([&]() -> asio::awaitable<void> {
    client c(settings);
    co_await crowd(c);
  });

  money cost, kept;
  std::uint64_t tokens = 0, estimated = 0, whole = 0, nameless = 0;
  std::set<std::string> ids;
  for (const auto& e : entered->entries) {
    CAPTURE(name_of(e.outcome));
    if (e.request_id.empty())
      nameless += e.maybe_billed;
    else
      CHECK(ids.insert(e.request_id).second); // one entry for each request
    REQUIRE(e.price.cost);
    cost += *e.price.cost;
    if (e.usage.empty()) {
      CHECK(*e.price.cost == money());
      continue;
    }
    const auto in = e.usage.units.input_tokens().value_or(0), out = e.usage.units.output_tokens().value_or(0);
    CHECK(*e.price.cost == money::from_pico(static_cast<money::pico_count>(in) * 123'457 +
                                            static_cast<money::pico_count>(out) * 3'000'001));
    if (e.usage.estimated) {
      ++estimated;
      continue;
    }
    ++whole;
    tokens += in + out;
    REQUIRE(e.tags.size() == 1);
    CHECK(e.usage.units == of_kind.at(e.tags[0].second).units);
    CHECK(served.contains(e.request_id));
  }
  // Everything that was served whole is entered: known, or as an estimate where the caller had left before its end; who
  // left before its beginning has not seen its id.
  std::uint64_t unseen = 0;
  for (const auto& id : served)
    unseen += !ids.contains(id);
  CHECK(unseen <= nameless);
  CHECK(whole > calls / 2);
  CHECK(estimated > 0);
  const auto requests = server.seen().requests.load() - before;
  MESSAGE(calls << " calls, " << requests << " requests, " << entered->entries.size() << " entries, " << whole
                << " with usage (" << tokens << " tokens), " << estimated << " estimated, cost " << cost.text());
  CHECK(entered->entries.size() == requests);

  const auto state = all_budgets->state(std::chrono::system_clock::now()).at(0);
  CHECK(state.cost_reserved == money());
  CHECK(state.tokens_reserved == 0);
  // What may have been billed stays reserved in full; everything else is settled to the last digit.
  CHECK(state.cost_spent >= cost);
}
