#include "core/async/executor_kind.hpp"

#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include <utility>

#include <weir/core/executor.hpp>

namespace weir::inline v0 {

namespace asio = boost::asio;
namespace execution = asio::execution;

namespace {

template <class Executor>
using tracked = decltype(asio::require(std::declval<const Executor&>(), execution::outstanding_work.tracked));

using pool_executor = asio::thread_pool::executor_type;
using blocking_pool_executor =
    decltype(asio::require(std::declval<const pool_executor&>(), execution::blocking.always));

template <class... Executors>
bool is_one_of(const asio::any_io_executor& ex) noexcept {
  return (ex.target<Executors>() || ...);
}

template <class... Executors>
std::size_t threads_of(const asio::any_io_executor& ex) noexcept {
  std::size_t n = 0;
  const auto count = [&n](const auto* found) {
    if (found)
      n = asio::query(*found, execution::occupancy);
  };
  (count(ex.target<Executors>()), ...);
  return n;
}

asio::any_io_executor bare(const asio::any_io_executor& ex) {
  return asio::prefer(ex, execution::outstanding_work.untracked, execution::relationship.fork,
                      execution::blocking.possibly);
}

} // namespace

executor_kind kind_of(const asio::any_io_executor& ex) noexcept {
  using io = asio::io_context::executor_type;
  if (is_one_of<io, tracked<io>>(ex))
    return executor_kind::per_thread;
  if (is_one_of<asio::system_executor>(ex))
    return executor_kind::many_threads;
  switch (
      threads_of<pool_executor, tracked<pool_executor>, blocking_pool_executor, tracked<blocking_pool_executor>>(ex)) {
  case 0: return executor_kind::serial;
  case 1: return executor_kind::per_thread;
  default: return executor_kind::many_threads;
  }
}

const asio::any_io_executor& plain(const asio::any_io_executor& ex) noexcept {
  const auto* own = ex.target<executor>();
  return own ? own->scope_ptr()->inner() : ex;
}

bool same_serial(const asio::any_io_executor& a, const asio::any_io_executor& b) {
  return a == b || bare(a) == bare(b);
}

} // namespace weir::inline v0
