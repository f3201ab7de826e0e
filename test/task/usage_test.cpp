// Merging the usage counts of a reply.
#include <doctest/doctest.h>

#include <weir/task/usage.hpp>

TEST_CASE("a later usage replaces what it has and keeps the rest") {
  weir::usage u;
  u.prompt_tokens = 10;
  u.cached_tokens = 4;
  weir::usage later;
  later.prompt_tokens = 12;
  later.completion_tokens = 0;
  u.merge(later);
  CHECK(u.prompt_tokens == 12u);
  CHECK(u.cached_tokens == 4u);
  CHECK(u.completion_tokens == 0u);
  CHECK_FALSE(u.total_tokens.has_value());
}

TEST_CASE("a later zero takes back no count") {
  weir::usage u;
  u.prompt_tokens = 10;
  weir::usage later;
  later.prompt_tokens = 0;
  later.completion_tokens = 0;
  u.merge(later);
  CHECK(u.prompt_tokens == 10u);
  CHECK(u.completion_tokens == 0u);
}

TEST_CASE("a count of zero is not an absent one") {
  weir::usage u;
  CHECK(u.empty());
  u.completion_tokens = 0;
  CHECK_FALSE(u.empty());
}
