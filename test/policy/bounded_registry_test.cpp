#include "policy/bounded_registry.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using weir::bounded_registry;

namespace {

class thing {
public:
  explicit thing(bool idle) : idle_(idle) {}
  bool idle() const noexcept { return idle_; }

private:
  bool idle_;
};

std::shared_ptr<thing> at(bounded_registry<thing>& all, const std::string& id, bool idle = false) {
  return all.at(id, [idle] { return std::make_shared<thing>(idle); });
}

} // namespace

TEST_CASE("idle ones go first, then the one that nobody holds and that was used longest ago") {
  bounded_registry<thing> all(3);
  const auto held = at(all, "held", true);
  at(all, "old");
  at(all, "idle", true);
  at(all, "fourth");
  CHECK(all.all().size() == 3);
  at(all, "fifth");
  std::vector<std::string> names;
  for (const auto& [id, t] : all.all())
    names.push_back(id);
  CHECK(names == std::vector<std::string>{"fifth", "fourth", "held"});
  CHECK(at(all, "held") == held);
}

TEST_CASE("while all are held a new one is not kept, or is kept beyond the limit") {
  using when = bounded_registry<thing>::when_all_are_held;
  for (const auto then : {when::forget, when::keep}) {
    bounded_registry<thing> all(2, then);
    const auto a = at(all, "a"), b = at(all, "b"), c = at(all, "c");
    CHECK((at(all, "c") == c) == (then == when::keep));
    CHECK(all.all().size() == (then == when::keep ? 3 : 2));
  }
}
