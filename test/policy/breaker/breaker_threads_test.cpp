// One circuit shared by real threads.
#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <weir/core/random.hpp>

#include "policy/breaker/breaker_set.hpp"
#include "policy/seed.hpp"

using namespace std::chrono_literals;
using namespace weir;

TEST_CASE("B4: sixteen threads share a circuit, and never two probes are on their way") {
  const int events = weir::test::at_length() ? 1'000'000 : 100'000;
  breaker_set set;
  std::atomic<std::int64_t> clock{0};
  std::atomic<int> probes{0};
  std::atomic<std::uint64_t> two{0}, let_through{0}, refused{0};
  std::vector<std::thread> threads;
  for (unsigned n = 0; n < 16; ++n)
    threads.emplace_back([&, n] {
      random_source random(n);
      const auto hasty = breaker().consecutive_failures(2).consecutive_span(0s).consecutive_share(0).window(1s);
      const auto shared = set.at("one", breaker(hasty).open_for(1ms).open_for_at_most(10ms));
      std::optional<breaker_permit> kept;
      for (int i = 0; i < events; ++i) {
        const time_point now(duration(clock.fetch_add(1'000, std::memory_order_relaxed)));
        breaker_core::refusal why;
        auto permit = shared->admit(now, why);
        if (!permit) {
          ++refused;
          continue;
        }
        ++let_through;
        const bool probe = permit->is_probe();
        if (probe && ++probes > 1)
          ++two;
        const auto verdict = breaker_verdict(random.below(5));
        if (probe)
          --probes;
        else if (random.below(8) == 0)
          kept.emplace(std::move(*permit));
        if (random.below(4) == 0)
          permit->alive(now);
        if (random.below(4))
          permit->report(verdict, now, random.uniform());
        if (random.below(1000) == 0)
          set.inspect(now);
      }
    });
  for (auto& t : threads)
    t.join();
  CHECK(two == 0);
  CHECK(let_through + refused == 16u * static_cast<unsigned>(events));
  CHECK(refused > 0);
  const auto s = set.inspect(time_point(duration(clock))).at(0);
  CHECK(s.running == 0);
  CHECK(s.refused == refused);
}
