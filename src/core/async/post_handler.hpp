// Handlers of erased types, posted.
#pragma once

#include <boost/asio/post.hpp>

#include <utility>

namespace weir::inline v0 {

/// Calls `handler(args…)` later, through `ex` alone. Copying an erased handler's own executor allocates, and yields an
/// empty one where that fails, on which Asio crashes.
template <class Executor, class Handler, class... Args>
void post_handler(const Executor& ex, Handler handler, Args... args) {
  boost::asio::post(ex, [h = std::move(handler), args...]() mutable { std::move(h)(args...); });
}

} // namespace weir::inline v0
