#include "net/pool.hpp"

#include <boost/asio/this_coro.hpp>

#include <map>

#include "net/wait.hpp"

namespace weir::net {

namespace asio = boost::asio;

namespace {

// One caller in the queue. Lives in its coroutine.
class waiter {
public:
  explicit waiter(asio::any_io_executor ex) : event(std::move(ex)) {}
  wakeup event;
  std::optional<pool_core::decision> granted;
};

class idle_connection {
public:
  idle_connection() = default;
  idle_connection(shared_stream s, connect_times t) : connection(std::move(s)), times(t) {}
  shared_stream connection;
  connect_times times;
};

constexpr duration prune_period = std::chrono::seconds(1);

} // namespace

namespace detail {

class pool_state : public std::enable_shared_from_this<pool_state> {
public:
  pool_state(std::shared_ptr<connector> via, time_source& time, pool_settings settings)
      : via_(std::move(via)), time_(time), settings_(std::move(settings)) {}

  static asio::awaitable<net::lease> acquire(std::shared_ptr<pool_state> self, origin to, bool fresh_only);

  void give_back(const origin& to, pool_core::id id, shared_stream s, const connect_times& times) {
    auto& h = at(to);
    if (closed_ || !h.core.give_back(id, time_.now())) {
      h.core.gone(id);
      s.close();
    } else {
      h.idle.emplace(id, idle_connection(std::move(s), times));
    }
    settle(to);
  }

  void gone(const origin& to, pool_core::id id) {
    at(to).core.gone(id);
    settle(to);
  }

  void leave(const origin& to, pool_core::id id) {
    auto& h = at(to);
    h.waiting.erase(id);
    h.core.leave(id);
    settle(to);
  }

  void prune() {
    const auto now = time_.now();
    for (auto it = hosts_.begin(); it != hosts_.end();) {
      for (const auto id : it->second.core.expire(now))
        it->second.idle.erase(id);
      it = it->second.core.unused() ? hosts_.erase(it) : std::next(it);
    }
    next_prune_ = after(now, prune_period);
  }

  void close() noexcept {
    closed_ = true;
    for (auto& [key, h] : hosts_) {
      h.core.drop_idle();
      h.idle.clear();
      for (auto& [id, w] : h.waiting)
        w->event.set();
    }
  }

  pool_core::counts count(const origin& to) const {
    const auto found = hosts_.find(to.text());
    return found == hosts_.end() ? pool_core::counts() : found->second.core.count();
  }

  pool_core::counts count() const {
    pool_core::counts sum;
    for (const auto& [key, h] : hosts_) {
      const auto c = h.core.count();
      sum.idle += c.idle;
      sum.leased += c.leased;
      sum.connecting += c.connecting;
      sum.waiting += c.waiting;
    }
    return sum;
  }

private:
  class host {
  public:
    explicit host(const pool_settings& s) : core(s) {}
    pool_core core;
    std::map<pool_core::id, idle_connection> idle;
    std::map<pool_core::id, waiter*> waiting;
  };

  // Frees a place in the core on every way out, until a lease takes it over.
  class held_place {
  public:
    held_place(std::shared_ptr<pool_state> s, origin to, pool_core::id id)
        : state_(std::move(s)), to_(std::move(to)), id_(id) {}
    held_place(const held_place&) = delete;
    held_place& operator=(const held_place&) = delete;
    ~held_place() {
      if (state_)
        state_->gone(to_, id_);
    }
    void move_to(pool_core::id id) noexcept { id_ = id; }
    void release() noexcept { state_.reset(); }

  private:
    std::shared_ptr<pool_state> state_;
    origin to_;
    pool_core::id id_;
  };

  // A caller's entry in the queue; returns an unused grant.
  class queued {
  public:
    queued(std::shared_ptr<pool_state> s, origin to, pool_core::id id, asio::any_io_executor ex)
        : me(std::move(ex)), state_(std::move(s)), to_(std::move(to)), id_(id) {
      state_->at(to_).waiting.emplace(id_, &me);
    }
    queued(const queued&) = delete;
    queued& operator=(const queued&) = delete;
    ~queued() {
      if (me.granted)
        state_->return_grant(to_, *me.granted);
      state_->leave(to_, id_);
    }
    waiter me;

  private:
    std::shared_ptr<pool_state> state_;
    origin to_;
    pool_core::id id_;
  };

  static asio::awaitable<pool_core::decision> wait_for_grant(std::shared_ptr<pool_state> self, origin to,
                                                             pool_core::id id);

  host& at(const origin& to) { return hosts_.try_emplace(to.text(), settings_).first->second; }

  void return_grant(const origin& to, const pool_core::decision& d) {
    auto& h = at(to);
    // A connection that was granted and not looked at is as good as before.
    if (closed_ || d.what != pool_core::verdict::reuse || !h.core.give_back(d.connection, time_.now())) {
      h.idle.erase(d.connection);
      h.core.gone(d.connection);
    }
  }

  // Serves whoever can be served, and forgets an origin that nothing is known of any more.
  void settle(const origin& to) {
    auto& h = at(to);
    if (!closed_) {
      while (auto d = h.core.grant(time_.now())) {
        if (d->evict)
          h.idle.erase(*d->evict);
        auto& w = *h.waiting.at(d->waiter);
        w.granted = *d;
        w.event.set();
      }
    }
    if (h.core.unused() && h.waiting.empty())
      hosts_.erase(to.text());
  }

  void require_open() const {
    if (closed_)
      throw error(errc::cancelled, "the connection pool was closed");
  }

  std::shared_ptr<connector> via_;
  time_source& time_;
  pool_settings settings_;
  std::map<std::string, host> hosts_;
  time_point next_prune_ = time_point::min();
  bool closed_ = false;
};

asio::awaitable<pool_core::decision> pool_state::wait_for_grant(std::shared_ptr<pool_state> self, origin to,
                                                                pool_core::id id) {
  queued here(self, to, id, co_await asio::this_coro::executor);
  co_await here.me.event.wait();
  self->require_open();
  const auto granted = *here.me.granted;
  here.me.granted.reset();
  co_return granted;
}

asio::awaitable<net::lease> pool_state::acquire(std::shared_ptr<pool_state> self, origin to, bool fresh_only) {
  self->require_open();
  const auto now = self->time_.now();
  if (now >= self->next_prune_)
    self->prune();
  auto decided = self->at(to).core.acquire(now, fresh_only);
  if (decided.what == pool_core::verdict::refuse)
    throw error(errc::pool_exhausted,
                std::to_string(self->settings_.max_waiting()) + " calls already wait for one of " +
                    std::to_string(self->settings_.max_connections()) + " connections to " + to.text() +
                    ": limit the concurrency, or raise pool_settings::max_connections");
  if (decided.evict)
    self->at(to).idle.erase(*decided.evict);
  if (decided.what == pool_core::verdict::wait)
    decided = co_await wait_for_grant(self, to, decided.waiter);

  held_place place(self, to, decided.connection);
  connect_times times;
  while (decided.what == pool_core::verdict::reuse) {
    auto kept = std::move(self->at(to).idle.extract(decided.connection).mapped());
    if (kept.connection->idle_and_healthy()) {
      times.reused = true;
      times.resumed = kept.times.resumed;
      net::lease out(self, to, decided.connection, std::move(kept.connection), times);
      place.release();
      co_return out;
    }
    decided = self->at(to).core.replace(decided.connection, self->time_.now());
    place.move_to(decided.connection);
  }

  auto made = co_await self->via_->connect(to, times);
  self->require_open();
  self->at(to).core.opened(decided.connection, self->time_.now());
  net::lease out(self, to, decided.connection, std::move(made), times);
  place.release();
  co_return out;
}

} // namespace detail

lease::lease(lease&& other) noexcept
    : from_(std::move(other.from_)), to_(std::move(other.to_)), id_(other.id_), stream_(std::move(other.stream_)),
      times_(other.times_) {}

lease& lease::operator=(lease&& other) noexcept {
  if (this != &other) {
    close();
    from_ = std::move(other.from_);
    to_ = std::move(other.to_);
    id_ = other.id_;
    stream_ = std::move(other.stream_);
    times_ = other.times_;
  }
  return *this;
}

void lease::give_back() noexcept {
  if (!stream_)
    return;
  if (const auto state = from_.lock())
    state->give_back(to_, id_, std::move(stream_), times_);
  else
    close();
}

void lease::close() noexcept {
  if (!stream_)
    return;
  stream_.close();
  if (const auto state = from_.lock())
    state->gone(to_, id_);
}

pool::pool(std::shared_ptr<connector> via, time_source& time, pool_settings settings)
    : state_(std::make_shared<detail::pool_state>(std::move(via), time, std::move(settings))) {}

pool::~pool() { close(); }

asio::awaitable<net::lease> pool::lease(origin to, bool fresh_only) {
  return detail::pool_state::acquire(state_, std::move(to), fresh_only);
}

void pool::prune() { state_->prune(); }
void pool::close() noexcept { state_->close(); }
pool::stats_type pool::stats() const { return state_->count(); }
pool::stats_type pool::stats(const origin& to) const { return state_->count(to); }

} // namespace weir::net
