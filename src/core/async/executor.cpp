#include <weir/core/executor.hpp>

namespace weir::inline v0 {

namespace asio = boost::asio;

std::shared_ptr<scope> executor::from(const asio::any_io_executor& ex) {
  if (const auto* own = ex.target<executor>())
    return own->tracked_ ? own->scope_->shared_from_this() : own->scope_;
  return scope::root(ex);
}

asio::execution_context& executor::context() const noexcept {
  return asio::query(scope_->inner(), asio::execution::context);
}

executor executor::with(std::shared_ptr<scope> s) const {
  executor other(std::move(s));
  other.never_ = never_;
  other.continuation_ = continuation_;
  return tracked_ ? other.require(asio::execution::outstanding_work.tracked) : other;
}

executor executor::require(asio::execution::outstanding_work_t::tracked_t) const {
  executor other(*this);
  if (tracked_)
    return other;
  // Asio requests tracking where nothing may throw, and only as a preference: without memory the copy stays untracked.
  if (auto guarded = scope_->tracked()) {
    other.scope_ = std::move(guarded);
    other.tracked_ = true;
  }
  return other;
}

executor executor::require(asio::execution::outstanding_work_t::untracked_t) const {
  executor other(*this);
  if (tracked_) {
    other.scope_ = scope_->shared_from_this();
    other.tracked_ = false;
  }
  return other;
}

std::shared_ptr<scope> scope_of(const asio::any_io_executor& ex) { return executor(ex).scope_ptr(); }

} // namespace weir::inline v0
