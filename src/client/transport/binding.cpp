#include "client/transport/binding.hpp"

#include <boost/asio/execution.hpp>
#include <boost/asio/steady_timer.hpp>

#include <utility>

#include <weir/core/time.hpp>

#include "net/own_limit.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

error wrong(const char* what) {
  return error(errc::wrong_executor, std::string(what) +
                                         "; a server uses one client per strand, and starts the client's calls on "
                                         "that strand: see weir::client");
}

executor_kind known_kind(const asio::any_io_executor& ex) {
  const auto kind = kind_of(ex);
  if (kind == executor_kind::many_threads)
    throw wrong("the threads of this executor would work on one client at the same time: start calls on a strand, such "
                "as asio::make_strand(pool)");
  return kind;
}

// A context opens descriptors of its own for its first socket or timer.
void require_descriptors(const asio::any_io_executor& ex) {
  try {
    const asio::steady_timer first(ex);
  } catch (const boost::system::system_error& e) {
    if (!net::is_own_limit(e.code()))
      throw;
    throw net::own_limit("no call can begin", e.code());
  }
}

} // namespace

binding::binding(const asio::any_io_executor& plain, std::shared_ptr<net::connector> via, net::pool_settings settings,
                 net::make_carrier carriers)
    : kind_(known_kind(plain)), context_(&asio::query(plain, asio::execution::context)), executor_(plain),
      pool_(std::move(via), time_of(*context_), std::move(settings), std::move(carriers)) {
  require_descriptors(plain);
  attach(*context_);
}

std::unique_ptr<binding::visit> binding::enter(const asio::any_io_executor& ex) {
  const std::lock_guard lock(mutex_);
  if (!visits_)
    thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  check(ex);
  return std::unique_ptr<visit>(new visit(shared_from_this()));
}

void binding::check(const asio::any_io_executor& ex) const {
  const auto& own = plain(ex);
  if (over())
    throw wrong("the execution context that this call began on has been destroyed");
  if (&asio::query(own, asio::execution::context) != context_)
    throw wrong("this client belongs to another execution context, that of its first call, which still exists: use one "
                "context for all its calls, or one client per context");
  if (kind_ == executor_kind::serial ? !same_serial(own, executor_) : kind_of(own) != kind_)
    throw wrong("this client belongs to another strand (or executor), that of its first call: run all its calls there");
  if (kind_ == executor_kind::per_thread && thread_.load(std::memory_order_relaxed) != std::this_thread::get_id())
    throw wrong("several threads run this context, and worked on one client at the same time: start calls on a strand, "
                "such as asio::make_strand(io)");
}

void binding::on_shutdown() noexcept {
  const auto self = weak_from_this().lock();
  for (;;) {
    visit* last = nullptr;
    {
      const std::lock_guard lock(mutex_);
      for (last = visits_; last && !last->source_; last = last->next_)
        ;
    }
    if (!last)
      break;
    // Destroys the visit.
    std::exchange(last->source_, nullptr)->end_by(errc::cancelled);
  }
  pool_.close();
  executor_ = asio::any_io_executor();
  // Another thread may have waited for it, with a context of its own.
  over_.store(true, std::memory_order_release);
}

// Under the mutex.
binding::visit::visit(std::shared_ptr<binding> at) noexcept : at_(std::move(at)), next_(at_->visits_) {
  if (next_)
    next_->prev_ = this;
  at_->visits_ = this;
}

binding::visit::~visit() {
  const std::lock_guard lock(at_->mutex_);
  (prev_ ? prev_->next_ : at_->visits_) = next_;
  if (next_)
    next_->prev_ = prev_;
}

reply binding::visit::keep_with(std::unique_ptr<visit> v, reply on) {
  auto source = on.release();
  v->source_ = source.get();
  source->attach(std::move(v));
  return reply(std::move(source));
}

} // namespace weir::inline v0
