// Events of many streams, with one timer.
#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "sim/server/pacer.hpp"

using namespace std::chrono_literals;
using weir::sim::pacer;

namespace {

using clock_type = pacer::clock;

// Is due so many times, at equal distances.
class ticking final : public pacer::guest {
public:
  ticking(clock_type::time_point first, clock_type::duration gap, int times) : due(first), gap_(gap), left_(times) {}
  std::optional<clock_type::time_point> on_due() override {
    early = early || clock_type::now() < due;
    came.push_back(due);
    if (--left_ == 0)
      return std::nullopt;
    due += gap_;
    return due;
  }
  std::vector<clock_type::time_point> came;
  clock_type::time_point due;
  bool early = false;

private:
  const clock_type::duration gap_;
  int left_;
};

} // namespace

TEST_CASE("events come in the order in which they are due, and never early") {
  boost::asio::io_context io(1);
  const auto pace = std::make_shared<pacer>(io.get_executor());
  const auto begin = clock_type::now() + 1ms;
  std::vector<std::unique_ptr<ticking>> all;
  for (int i = 0; i < 50; ++i) {
    all.push_back(std::make_unique<ticking>(begin + (49 - i) * 20us, 2ms, 10));
    pace->add(*all.back(), all.back()->due);
  }
  io.run();
  for (int i = 0; i < 50; ++i) {
    const auto& one = *all[static_cast<std::size_t>(i)];
    CHECK_FALSE(one.early);
    REQUIRE(one.came.size() == 10);
    CHECK(one.came.back() == begin + (49 - i) * 20us + 18ms);
  }
  CHECK(clock_type::now() >= begin + 18ms);
}

TEST_CASE("who has left is not called, and who comes between others is") {
  boost::asio::io_context io(1);
  const auto pace = std::make_shared<pacer>(io.get_executor());
  const auto now = clock_type::now();
  ticking late(now + 30ms, 1ms, 1), soon(now + 5ms, 1ms, 1), gone(now + 10ms, 1ms, 1);
  pace->add(late, late.due);
  pace->add(gone, gone.due);
  pace->add(soon, soon.due);
  pace->remove(gone);
  pace->remove(gone);
  io.run_one(); // the waits that an earlier one took the place of end too
  while (soon.came.empty())
    io.run_one();
  CHECK(clock_type::now() < now + 30ms);
  io.run();
  CHECK(late.came.size() == 1);
  CHECK(gone.came.empty());
}

TEST_CASE("far more than is due at a time comes all the same, and a pacer may end with guests") {
  boost::asio::io_context io(1);
  auto pace = std::make_shared<pacer>(io.get_executor());
  const auto past = clock_type::now() - 1s;
  ticking many(past, 1us, 10'000), never(past + 1h, 1s, 1);
  pace->add(many, many.due);
  while (many.came.size() < 10'000)
    io.run_one();
  pace->add(never, never.due);
  pace.reset();
  io.run();
  CHECK(never.came.empty());
}

TEST_CASE("nothing is waited for once the last one is removed") {
  boost::asio::io_context io(1);
  const auto pace = std::make_shared<pacer>(io.get_executor());
  ticking far(clock_type::now() + 1h, 1h, 2), near(clock_type::now() + 1ms, 1ms, 2);
  pace->add(far, far.due);
  pace->remove(far);
  CHECK(io.run_for(10s) <= 1);
  CHECK(io.stopped());
  pace->add(near, near.due);
  io.restart();
  io.run();
  CHECK(near.came.size() == 2);
}
