#include "task/usage_sum.hpp"

namespace weir::inline v0 {

void usage::merge(const usage& later) {
  const auto take = [](auto& mine, const auto& theirs) {
    if (theirs && (*theirs != 0 || !mine))
      mine = theirs;
  };
  take(prompt_tokens, later.prompt_tokens);
  take(completion_tokens, later.completion_tokens);
  take(total_tokens, later.total_tokens);
  take(cached_tokens, later.cached_tokens);
  take(cache_write_tokens, later.cache_write_tokens);
  take(reasoning_tokens, later.reasoning_tokens);
  take(cost, later.cost);
}

usage sum(const usage& a, const usage& b) noexcept {
  usage s = a;
  const auto add = [](auto& mine, const auto& theirs) {
    if (theirs)
      mine = mine ? *mine + *theirs : *theirs;
  };
  add(s.prompt_tokens, b.prompt_tokens);
  add(s.completion_tokens, b.completion_tokens);
  add(s.total_tokens, b.total_tokens);
  add(s.cached_tokens, b.cached_tokens);
  add(s.cache_write_tokens, b.cache_write_tokens);
  add(s.reasoning_tokens, b.reasoning_tokens);
  add(s.cost, b.cost);
  return s;
}

} // namespace weir::inline v0
