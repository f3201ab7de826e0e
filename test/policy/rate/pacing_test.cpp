// How much of what a server allows many callers get, whatever the kind of limit, and how few requests are wasted: a
// sweep in simulated time. WEIR_LONG runs all of it.
#include <doctest/doctest.h>

#include <cstdlib>

#include "core/time/in_seconds.hpp"
#include "policy/rate/limited_servers.hpp"
#include "policy/rate/pacing_crowd.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

namespace {

/// What is measured once a crowd has found out that it is refused.
class told {
public:
  told() = default;
  std::optional<duration> found;
  double served = 0, refused = 0;

  /// Counts for `span`, starting `after` that, and then stops the crowd.
  void count(pacing_crowd& crowd, duration after, duration span, duration whole) {
    crowd.seen = [=, this, &crowd](duration now, bool taken) {
      if (!taken && !found)
        // Whole windows only.
        found = whole > 0s ? (now + after + whole - 1ns) / whole * whole - after : now;
      if (!found || now < *found + after)
        return;
      crowd.over = now >= *found + after + span;
      ++(taken ? served : refused);
    };
  }
};

class setting {
public:
  setting(std::size_t callers, duration answer, bool whole) : callers(callers), answer(answer), whole(whole) {}
  std::size_t callers;
  duration answer;
  bool whole;
};

std::vector<setting> settings() {
  if (!std::getenv("WEIR_LONG"))
    return {{12, 20ms, false}, {300, 5s, true}};
  std::vector<setting> all;
  for (const std::size_t callers : {12u, 60u, 300u})
    for (const duration answer : {duration(20ms), duration(1s), duration(5s)})
      all.emplace_back(callers, answer, callers == 60);
  return all;
}

std::vector<double> rates() {
  return std::getenv("WEIR_LONG") ? std::vector<double>{1, 2, 5, 20, 50, 100, 200} : std::vector<double>{1, 5, 20, 100};
}

} // namespace

TEST_CASE("of what a server allows four fifths are used within 10 s of finding out, and hardly more is sent in vain") {
  std::size_t cells = 0, low = 0; // A few are just below.
  for (const auto& kind : limited_kinds())
    for (const double rate : rates())
      for (const bool hints : {false, true})
        for (const auto& how : settings()) {
          // Too few callers to send that many calls, or to keep it up while some wait after a refusal.
          if (static_cast<double>(how.callers) / in_seconds(how.answer) < rate ||
              static_cast<double>(how.callers) < rate / 10)
            continue;
          CAPTURE(kind.name);
          CAPTURE(rate);
          CAPTURE(hints);
          CAPTURE(how.callers);
          CAPTURE(how.answer.count());
          const auto server = kind.make(rate);
          pacing_crowd crowd;
          crowd.callers = how.callers;
          crowd.answer = how.answer;
          crowd.whole = how.whole;
          crowd.jitter = 300us;
          crowd.server = [&](duration now) {
            const auto wait = server->refuses(now);
            if (!wait)
              return verdict();
            // Whole seconds, as servers send them.
            return verdict::refused(hints ? std::optional<duration>(std::chrono::ceil<std::chrono::seconds>(*wait))
                                          : std::nullopt);
          };
          const duration span = std::max<duration>(30s, 2 * kind.window);
          told t;
          t.count(crowd, 10s, span, kind.slides ? 0s : kind.window);
          crowd.play(10min);
          REQUIRE(t.found);
          const auto most = std::min(rate, static_cast<double>(how.callers) / in_seconds(how.answer + crowd.refusal));
          const auto used = t.served / (most * in_seconds(span));
          ++cells;
          low += used < 0.8;
          CHECK(used >= 0.75);
          CHECK(t.refused <= 0.75 * t.served);
        }
  CHECK(low * 50 <= cells);
}

TEST_CASE("where some calls are refused at random, all the others are served within three seconds of the first") {
  for (const std::optional<duration> hint : {std::optional<duration>(), std::optional<duration>(1s)})
    for (const std::size_t callers : {12u, 60u, 300u})
      for (const duration answer : {duration(20ms), duration(300ms), duration(1s)}) {
        if (callers == 300 && answer == 20ms && !std::getenv("WEIR_LONG"))
          continue;
        CAPTURE(hint.has_value());
        CAPTURE(callers);
        CAPTURE(answer.count());
        constexpr double share = 0.05;
        random_source dice(1);
        pacing_crowd crowd;
        crowd.callers = callers;
        crowd.answer = answer;
        crowd.server = [&](duration) { return dice.uniform() < share ? verdict::refused(hint) : verdict(); };
        told t;
        t.count(crowd, 3s, 10s, 0s);
        crowd.play(10min);
        REQUIRE(t.found);
        // A refused caller waits for a second, or half of it on average.
        const auto each = in_seconds(answer) + share / (1 - share) * (hint ? 1 : 0.5);
        CHECK(t.served >= 0.8 * 10 * static_cast<double>(callers) / each);
      }
}
