// Hints for names that are not known.
#include "codec/text/nearest.hpp"

#include <doctest/doctest.h>

using weir::codec::nearest;

TEST_CASE("the nearest known name is the one that was meant, whatever its case") {
  CHECK(nearest("modle", {"seed", "model"}) == "model");
  CHECK(nearest("Modell", {"mode", "model"}) == "model");
  CHECK(nearest("sede", {"seed", "top_k"}) == "seed");
}

TEST_CASE("no name is meant by one of which more than a third would have to change") {
  CHECK(nearest("nonsense", {"model", "seed"}).empty());
  CHECK(nearest("x", {"seed"}).empty());
  CHECK(nearest("", {"seed"}).empty());
  CHECK(nearest("seed", {}).empty());
}
