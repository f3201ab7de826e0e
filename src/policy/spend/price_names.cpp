#include "policy/spend/price_names.hpp"

namespace weir::inline v0 {

namespace {

// A client that makes up names cannot fill the memory with them.
constexpr std::size_t most_known = 4096;

std::string key_of(const target& t) { return t.provider() + '\n' + t.base_url() + '\n' + t.model(); }

} // namespace

void mapped_names::learn(const target& asked, const std::string& provider, const std::string& model) {
  mapped_name now(provider, model);
  const std::lock_guard lock(mutex_);
  if (known_.size() >= most_known)
    known_.clear();
  known_.insert_or_assign(key_of(asked), std::move(now));
  any_.store(true, std::memory_order_release);
}

std::optional<mapped_name> mapped_names::find(const target& asked) const {
  if (!any_.load(std::memory_order_acquire))
    return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(key_of(asked));
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

bool price_names::next(price_query& q) {
  const auto& host = asked_.base_url();
  while (step_ != 4) {
    const bool own = step_ < 2, by_host = step_ % 2 == 0;
    ++step_;
    if (!own && provider_ == asked_.provider() && model_ == asked_.model())
      return false;
    const auto& provider = by_host ? host : own ? provider_ : asked_.provider();
    if (by_host ? host.empty() : !host.empty() && (provider.empty() || provider == host))
      continue;
    const auto& model = own ? model_ : asked_.model();
    if (q.provider() != provider)
      q.provider(provider);
    if (q.model() != model)
      q.model(model);
    return true;
  }
  return false;
}

} // namespace weir::inline v0
