// Seeds, and the distribution of the numbers.
#include <weir/core/random.hpp>

TEST_CASE("equal seeds give equal numbers and different seeds different ones") {
  weir::random_source a(42), b(42), c(43);
  bool differs = false;
  for (int i = 0; i < 1000; ++i) {
    const auto n = a.next();
    CHECK(n == b.next());
    differs |= n != c.next();
  }
  CHECK(differs);
}

TEST_CASE("numbers are uniform over their range") {
  weir::random_source r(7);
  int counts[10] = {};
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    ++counts[r.below(10)];
    const double u = r.uniform();
    REQUIRE((u >= 0 && u < 1));
    sum += u;
  }
  for (int n : counts)
    CHECK((n > 9'500 && n < 10'500));
  CHECK((sum > 49'500 && sum < 50'500));
  CHECK(r.below(0) == 0);
  CHECK(r.below(1) == 0);
}

TEST_CASE("a context's random numbers can be seeded") {
  boost::asio::io_context a, b;
  weir::seed_random(a, 1);
  weir::seed_random(b, 1);
  for (int i = 0; i < 10; ++i)
    CHECK(weir::random_uniform(a) == weir::random_uniform(b));
}
