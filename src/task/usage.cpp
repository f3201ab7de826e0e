#include <weir/task/usage.hpp>

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

} // namespace weir::inline v0
