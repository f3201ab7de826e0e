// When records are written.
#include "store/journal/record_queue.hpp"

#include "store/journal/support.hpp"

using namespace weir;
using namespace weir::store;
using namespace weir::test;
using namespace std::chrono_literals;

TEST_CASE("records are due a while after the first of them, when there are enough, or when somebody waits") {
  record_queue queue(5ms, 3);
  const auto now = record_queue::time_point(1h);
  record_batch batch;
  const auto add = [&](std::uint64_t position, std::uint64_t n, record_queue::time_point at) {
    auto r = record_of(1, n);
    queue.reserve(r);
    queue.add(std::move(r), position, nullptr, at);
  };
  for (int round = 0; round < 3; ++round) {
    const auto begin = now + round * 1s;
    CHECK(queue.empty());
    add(0, 1, begin);
    CHECK(queue.due() == begin + 5ms);
    CHECK_FALSE(queue.enough());
    add(10, 2, begin + 4ms);
    CHECK(queue.due() == begin + 5ms);
    CHECK_FALSE(queue.enough());
    if (round == 0) {
      queue.hurry();
    } else {
      add(20, 3, begin + 4ms);
    }
    CHECK(queue.enough());
    CHECK(same(queue.waiting().at(10).value(), record_of(1, 2)));
    CHECK_FALSE(queue.waiting().at(11));
    queue.take(batch);
    CHECK(batch.items().size() == (round == 0 ? 2 : 3));
    CHECK_FALSE(queue.enough());
    batch.clear_texts();
    batch.clear_items();
  }
}

TEST_CASE("a batch gives its records back as they were, small and large, and forgets them") {
  record_batch batch;
  const std::size_t sizes[] = {0, 1, 20, (16 << 10) - 1, 16 << 10, 100'000, 5};
  for (int round = 0; round < 2; ++round) {
    std::uint64_t n = 0;
    for (const auto size : sizes) {
      auto r = record_of(2, n, size);
      batch.reserve(r);
      batch.add(std::move(r), 10 * n++, nullptr);
    }
    for (std::uint64_t i = 0; i != n; ++i)
      CHECK(same(batch.at(10 * i).value(), record_of(2, i, sizes[i])));
    CHECK_FALSE(batch.at(10 * n));
    batch.clear_texts();
    batch.clear_items();
    CHECK_FALSE(batch.at(0));
  }
}
