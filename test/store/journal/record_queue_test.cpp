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
  for (int round = 0; round < 3; ++round) {
    const auto begin = now + round * 1s;
    CHECK(queue.empty());
    queue.reserve();
    queue.add({0, record_of(1, 1), nullptr}, begin);
    CHECK(queue.due() == begin + 5ms);
    CHECK_FALSE(queue.enough());
    queue.reserve();
    queue.add({10, record_of(1, 2), nullptr}, begin + 4ms);
    CHECK(queue.due() == begin + 5ms);
    CHECK_FALSE(queue.enough());
    if (round == 0) {
      queue.hurry();
    } else {
      queue.reserve();
      queue.add({20, record_of(1, 3), nullptr}, begin + 4ms);
    }
    CHECK(queue.enough());
    CHECK(record_at(queue.waiting(), 10)->id == "id-2");
    CHECK(record_at(queue.waiting(), 11) == nullptr);
    queue.take(batch);
    CHECK(batch.size() == (round == 0 ? 2 : 3));
    CHECK_FALSE(queue.enough());
    batch.clear();
  }
}
