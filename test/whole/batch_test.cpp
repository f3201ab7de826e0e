// A job of many items on real TLS connections to a provider that fails in every way now and then, with a journal, a
// ledger, budgets, a cache and alerts: each id once, and what is entered is what the provider was asked.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>

#include <unistd.h>

#include <weir/batch/batch.hpp>
#include <weir/client/client.hpp>
#include <weir/client/client_group.hpp>
#include <weir/core/scope.hpp>
#include <weir/cost/alerts.hpp>
#include <weir/cost/budget.hpp>
#include <weir/cost/ledger.hpp>
#include <weir/policy/response_cache.hpp>
#include <weir/store/journal.hpp>
#include <weir/store/price_file.hpp>

#include "sim/server/server.hpp"

using namespace weir;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr int items = 1'000;
constexpr std::size_t in_flight = 500;
constexpr int repeat = 4; // each fourth item asks what another asks, and may be answered from the cache

class counted_ledger final : public ledger {
public:
  void add(const ledger_entry& e) noexcept override {
    const std::lock_guard lock(mutex_);
    ++entered;
    if (!e.request_id.empty())
      CHECK(ids.insert(e.request_id).second);
  }
  std::uint64_t entered = 0;
  std::set<std::string> ids;

private:
  std::mutex mutex_;
};

class once_each final : public batch_sink {
public:
  asio::awaitable<void> write(batch_result r) override {
    CHECK(ids.insert(r.id).second);
    good += r.succeeded();
    right += r.body.find(r.columns) != std::string::npos;
    hits += r.cache_hit;
    if (!r.succeeded())
      MESSAGE(r.id << ": " << r.failure.describe());
    co_return;
  }
  std::set<std::string> ids;
  int good = 0, right = 0, hits = 0;
};

std::unique_ptr<batch_source> questions() {
  std::vector<batch_item> all;
  for (int i = 0; i < items; ++i) {
    const bool shared = i % repeat == 0;
    const auto text = (shared ? "shared-" + std::to_string(i % 40) : "own-" + std::to_string(i)) + ".";
    auto c = chat("m").user(text).max_tokens(400);
    if (shared)
      c.temperature(0);
    all.push_back(batch_item("row-" + std::to_string(i), std::move(c)).columns(text));
  }
  return items_of(std::move(all));
}

// The provider, and what a client of it has.
class scenery {
public:
  scenery() : server_(slow()) {
    // All but `hang-up`: for all the client can tell, such a connection had been idle for too long, and the request
    // goes on another one without an entry of its own.
    std::vector<sim::fault_rule> faults;
    for (const auto* one :
         {"503=0.004", "500=0.002", "reset=0.004", "cut=0.003", "truncated-chunk=0.002", "close-after-stream=0.002",
          "stall:1=0.003", "error-in-band=0.003", "rate-limit=0.003", "html-error=0.002", "malformed-json=0.002"})
      faults.push_back(sim::parse_fault_rule(one));
    server_.faults(std::move(faults));
    prices_->add(parse_prices(
        R"({"currency":"USD","prices":[{"model":"m","from":"2026-01-01","per":1000000,"input":"1","output":"2"}]})",
        "test"));
  }
  ~scenery() { std::filesystem::remove(journal_path()); }

  options how() {
    return options()
        .base_url(server_.url() + "/v1")
        .ca_file(server_.ca_file())
        .provider("openai")
        .prices(prices_)
        .ledger(entered)
        .budgets(all_budgets)
        .cache(cache)
        .alerts(told)
        .inter_token_timeout(1s)
        .first_token_timeout(20s);
  }
  std::string journal_path() const {
    return (std::filesystem::temp_directory_path() / ("weir-whole-batch-" + std::to_string(::getpid()))).string();
  }
  batch_options job() const {
    return batch_options().in_flight(in_flight).rounds(4).prices(prices_).journal(open_journal(journal_path()));
  }
  std::uint64_t requests() const { return server_.seen().requests.load(); }

  std::shared_ptr<counted_ledger> entered = std::make_shared<counted_ledger>();
  std::shared_ptr<budgets> all_budgets = std::make_shared<budgets>(
      std::vector<budget>{budget("all").max_cost(*money::parse("1000")).max_tokens(1'000'000'000).per_month()});
  std::shared_ptr<response_cache> cache = std::make_shared<response_cache>();
  std::shared_ptr<alerts> told = std::make_shared<alerts>();

private:
  static sim::settings slow() {
    sim::settings how;
    how.first_token = 700ms;
    return how;
  }
  sim::server_thread server_;
  std::shared_ptr<price_book> prices_ = std::make_shared<price_book>();
};

void judge(const scenery& s, const once_each& to, const batch_report& report) {
  CHECK(report.complete());
  CHECK(to.ids.size() == items);
  CHECK(to.good == items);
  CHECK(to.right == items);
  CHECK(report.done == items);
  CHECK(report.in_flight == 0);
  CHECK(s.entered->entered == s.requests());
  const auto state = s.all_budgets->state(std::chrono::system_clock::now()).at(0);
  CHECK(state.cost_reserved == money());
  CHECK(state.tokens_reserved == 0);
  MESSAGE(items << " items, " << s.requests() << " requests, " << to.hits << " from the cache, " << report.calls
                << " calls");
}

batch_report run(batch& job, batch_sink& to, const std::function<void()>& after) {
  batch_report report;
  std::exception_ptr why;
  asio::io_context io(1);
  const auto from = questions();
  asio::co_spawn(io, job.run(*from, to), [&](std::exception_ptr e, batch_report r) {
    why = e;
    report = std::move(r);
    after();
  });
  io.run();
  CHECK_FALSE(why);
  return report;
}

} // namespace

TEST_CASE("a job of hundreds in flight has each id once, and the ledger each request, whatever fails meanwhile") {
  const auto scopes = scope::live();
  {
    scenery s;
    once_each to;
    client c(s.how());
    batch job(c, s.job());
    const auto report = run(job, to, [&c] {
      CHECK(c.pool().leased == 0);
      c.close();
    });
    judge(s, to, report);
  }
  CHECK(scope::live() == scopes);
}

TEST_CASE("so has one on the threads of a group") {
  const auto scopes = scope::live();
  {
    scenery s;
    once_each to;
    client_group group(s.how(), 2);
    batch job(group, s.job());
    const auto report = run(job, to, [] {});
    group.join();
    judge(s, to, report);
  }
  CHECK(scope::live() == scopes);
}
