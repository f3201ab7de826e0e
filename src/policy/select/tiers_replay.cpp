#include "policy/select/tiers_replay.hpp"

#include <utility>

#include "core/failure/failure_of.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

asio::awaitable<std::optional<event>> replayed_source::next() {
  const auto self = shared_from_this();
  if (stopped_)
    throw error(stopped_);
  std::optional<event> e;
  if (!read_.empty()) {
    e = std::move(read_.front());
    read_.pop_front();
  } else {
    std::exception_ptr failed;
    try {
      e = co_await from_->next();
    } catch (...) {
      failed = std::current_exception();
    }
    if ((failed || !e) && !std::exchange(ended_, true))
      tell_end();
    if (failed)
      std::rethrow_exception(failed);
  }
  if (e && e->is_token())
    tell_first_token();
  co_return e;
}

asio::awaitable<bool> replayed_source::ready() {
  const auto self = shared_from_this();
  if (stopped_)
    throw error(stopped_);
  if (!read_.empty())
    co_return true;
  const bool more = co_await from_->ready();
  co_return more;
}

void replayed_source::end_by(errc reason) noexcept {
  if (std::exchange(ended_, true))
    return;
  if (!read_.empty()) {
    stopped_ = failure_by(reason, {"the reply ended before its collected answer was read"});
    read_.clear();
  }
  from_->end_by(reason);
  tell_end();
}

} // namespace weir::inline v0
