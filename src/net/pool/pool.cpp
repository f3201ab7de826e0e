#include "net/pool/pool.hpp"

#include "net/pool/pool_state.hpp"

namespace weir::inline v0::net {

namespace asio = boost::asio;

lease::lease(std::weak_ptr<detail::pool_state> from, detail::pool_host& host, pool_core::id id, shared_stream s,
             connect_times t)
    : from_(std::move(from)), host_(&host), to_(host.to), id_(id), stream_(std::move(s)), times_(t) {}

lease::lease(std::weak_ptr<detail::pool_state> from, detail::pool_host& host, pool_core::id id,
             std::shared_ptr<carrier> c, connect_times t)
    : from_(std::move(from)), host_(&host), to_(host.to), id_(id), carried_(std::move(c)), times_(t) {}

lease::lease(lease&& other) noexcept
    : from_(std::move(other.from_)), host_(other.host_), to_(std::move(other.to_)), id_(other.id_),
      stream_(std::move(other.stream_)), carried_(std::move(other.carried_)), times_(other.times_) {}

lease& lease::operator=(lease&& other) noexcept {
  if (this != &other) {
    close();
    from_ = std::move(other.from_);
    host_ = other.host_;
    to_ = std::move(other.to_);
    id_ = other.id_;
    stream_ = std::move(other.stream_);
    carried_ = std::move(other.carried_);
    times_ = other.times_;
  }
  return *this;
}

void lease::give_back() noexcept {
  if (!stream_)
    return close();
  if (const auto state = from_.lock())
    state->give_back(*host_, id_, std::move(stream_), times_);
  else
    close();
}

void lease::close() noexcept {
  const auto carried = std::exchange(carried_, nullptr);
  if (!stream_ && !carried)
    return;
  stream_.close();
  const auto state = from_.lock();
  if (state && carried)
    state->give_back(*host_, id_);
  else if (state)
    state->gone(*host_, id_);
}

pool::pool(std::shared_ptr<connector> via, time_source& time, pool_settings settings, make_carrier carriers)
    : state_(std::make_shared<detail::pool_state>(std::move(via), time, std::move(settings), std::move(carriers))) {}

pool::~pool() { close(); }

asio::awaitable<net::lease> pool::lease(origin to, bool fresh_only) {
  return detail::pool_state::acquire(state_, std::move(to), fresh_only);
}

void pool::prune() { state_->prune(); }
void pool::close() noexcept { state_->close(); }
pool::stats_type pool::stats() const { return state_->count(); }
pool::stats_type pool::stats(const origin& to) const { return state_->count(to); }

} // namespace weir::inline v0::net
