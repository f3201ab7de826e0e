#include "net/pool/pool_state.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>

#include <weir/core/within.hpp>

namespace weir::inline v0::net::detail {

namespace asio = boost::asio;

namespace {

constexpr duration prune_period = std::chrono::seconds(1);

bool timed_out(const std::exception_ptr& why) noexcept {
  try {
    std::rethrow_exception(why);
  } catch (const error& e) {
    return e.code() == errc::connect_timeout;
  } catch (...) {
    return false;
  }
}

} // namespace

// A caller's entry in the queue; returns what it was granted and did not take.
class pool_state::queued {
public:
  queued(std::shared_ptr<pool_state> s, pool_host& h, bool fresh_only, asio::any_io_executor ex)
      : me(std::move(ex)), state_(std::move(s)), host_(h) {
    const auto entered = host_.core.enter(state_->time_.now(), fresh_only);
    if (!entered)
      throw error(errc::pool_exhausted,
                  std::to_string(state_->settings_.max_waiting()) + " calls are already waiting for one of " +
                      std::to_string(state_->settings_.max_connections()) + " connections to " + h.to.text() +
                      ": limit the concurrency, or raise pool_settings::max_connections");
    id_ = *entered;
    try {
      host_.waiting.emplace(id_, &me);
    } catch (...) {
      host_.core.leave(id_, state_->time_.now());
      throw;
    }
  }
  queued(const queued&) = delete;
  queued& operator=(const queued&) = delete;
  ~queued() {
    const auto now = state_->time_.now();
    if (me.granted != 0) {
      if (!state_->closed_ && host_.core.put_back(me.granted, now)) {
        auto& c = host_.connections.at(me.granted);
        if (!c.carried)
          host_.keep(me.granted, std::move(c.stream), c.times);
      } else {
        host_.connections.erase(me.granted);
        host_.core.gone(me.granted, now);
      }
    }
    host_.waiting.erase(id_);
    host_.core.leave(id_, now);
    state_->settle(host_);
  }
  pool_host::waiter me;

private:
  std::shared_ptr<pool_state> state_;
  pool_host& host_;
  pool_core::id id_ = 0;
};

// The place of a dial, which is freed if its coroutine is destroyed.
class pool_state::dialing {
public:
  dialing(std::shared_ptr<pool_state> s, pool_host& h, pool_core::id id) : state_(std::move(s)), host_(h), id_(id) {}
  dialing(const dialing&) = delete;
  dialing& operator=(const dialing&) = delete;
  ~dialing() {
    if (!ended_)
      state_->gone(host_, id_);
  }
  void ended() noexcept { ended_ = true; }

private:
  std::shared_ptr<pool_state> state_;
  pool_host& host_;
  pool_core::id id_;
  bool ended_ = false;
};

asio::awaitable<net::lease> pool_state::acquire(std::shared_ptr<pool_state> self, origin to, bool fresh_only) {
  self->require_open();
  const auto now = self->time_.now();
  if (now >= self->next_prune_)
    self->prune();
  auto& h = self->at(to);
  auto found = fresh_only ? std::nullopt : h.core.take_idle(now);
  while (found && !self->healthy(h, *found, true))
    found = h.core.take_idle(now);
  if (!found)
    found = co_await wait(self, h, fresh_only);
  co_return self->take(h, *found);
}

net::lease pool_state::take(pool_host& h, pool_core::id id) {
  auto& c = h.connections.at(id);
  const bool carries = c.carried != nullptr;
  try {
    if (!carries)
      return net::lease(weak_from_this(), h, id, std::move(c.stream), c.times);
    net::lease out(weak_from_this(), h, id, c.carried, c.times);
    c.times = pool_host::reused(c.times);
    return out;
  } catch (...) {
    carries ? give_back(h, id) : gone(h, id);
    throw;
  }
}

asio::awaitable<pool_core::id> pool_state::wait(std::shared_ptr<pool_state> self, pool_host& h, bool fresh_only) {
  const auto ex = co_await asio::this_coro::executor;
  queued here(self, h, fresh_only, ex);
  while (here.me.granted == 0) {
    self->begin_dials(h, ex);
    co_await here.me.event.wait();
    // Woken and cancelled at the same time: what was granted goes to the next.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
    self->require_open();
    if (here.me.failed)
      std::rethrow_exception(here.me.failed);
  }
  co_return std::exchange(here.me.granted, 0);
}

asio::awaitable<void> pool_state::dial(std::shared_ptr<pool_state> self, pool_host& h, pool_core::id id) {
  dialing place(self, h, id);
  const auto ex = co_await asio::this_coro::executor;
  const auto plain = scope_of(ex)->inner();
  connect_times times;
  shared_stream made;
  std::shared_ptr<carrier> carries;
  std::exception_ptr why;
  bool late = false;
  try {
    auto body = self->via_->connect(h.to, times);
    auto alone = co_await within(self->settings_.connect_limit(), std::move(body));
    made = shared_stream(std::move(alone));
    if (self->make_carrier_ && made->alpn() == "h2")
      carries = self->make_carrier_(std::move(made), h.to, plain);
    if (carries)
      carries->watch([state = self.get(), &h, id] { state->resized(h, id); });
  } catch (const error& e) {
    why = std::current_exception();
    late = e.code() == errc::deadline_exceeded;
  } catch (...) {
    why = std::current_exception();
  }
  if (late)
    why = std::make_exception_ptr(error(errc::connect_timeout, "no connection to " + h.key + " in time"));
  place.ended();
  if (made || carries)
    self->opened(h, id, std::move(made), std::move(carries), times);
  else
    self->failed(h, id, std::move(why));
}

void pool_state::begin_dials(pool_host& h, const asio::any_io_executor& ex) {
  while (const auto order = h.core.dial(time_.now())) {
    if (order->evict)
      h.connections.erase(*order->evict);
    try {
      h.connections.try_emplace(order->connection);
      // In a scope of its own, which no caller's end or deadline reaches.
      if (!h.dials)
        h.dials = scope::root(scope_of(ex)->inner());
      asio::co_spawn(asio::any_io_executor(executor(h.dials)), dial(shared_from_this(), h, order->connection),
                     [](std::exception_ptr) {});
    } catch (...) {
      h.connections.erase(order->connection);
      h.core.gone(order->connection, time_.now());
      throw;
    }
  }
  watch(h);
}

void pool_state::opened(pool_host& h, pool_core::id id, shared_stream s, std::shared_ptr<carrier> carries,
                        const connect_times& times) noexcept {
  const auto now = time_.now();
  if (closed_) {
    h.connections.erase(id);
    h.core.gone(id, now);
    return;
  }
  // One that has ended already is leased once all the same: its caller says why.
  const auto made = h.core.opened(id, now, carries ? std::max<std::size_t>(carries->capacity(), 1) : 0);
  if (made.waiter != 0 || made.kept) {
    auto& c = h.connections.at(id);
    c.stream = std::move(s);
    c.carried = std::move(carries);
    c.times = made.waiter != 0 || c.carried ? times : pool_host::reused(times);
  } else {
    h.connections.erase(id);
  }
  if (made.waiter != 0) {
    auto& w = *h.waiting.at(made.waiter);
    w.granted = id;
    w.event.set();
  }
  settle(h);
}

// The carrier may end with this.
void pool_state::resized(pool_host& h, pool_core::id id) noexcept {
  if (!h.core.resize(id, h.connections.at(id).carried->capacity(), time_.now()))
    h.connections.erase(id);
  settle(h);
}

void pool_state::failed(pool_host& h, pool_core::id id, std::exception_ptr why) noexcept {
  h.connections.erase(id);
  const auto w = h.core.failed(id, timed_out(why), time_.now());
  if (const auto found = h.waiting.find(w); found != h.waiting.end()) {
    found->second->failed = std::move(why);
    found->second->event.set();
  }
  settle(h);
}

void pool_state::give_back(pool_host& h, pool_core::id id, shared_stream s, const connect_times& times) noexcept {
  const auto now = time_.now();
  if (closed_)
    h.core.gone(id, now);
  if (!closed_ && h.core.give_back(id, now))
    h.keep(id, std::move(s), times);
  else
    h.connections.erase(id);
  settle(h);
}

void pool_state::give_back(pool_host& h, pool_core::id id) noexcept {
  if (closed_)
    return;
  if (!h.core.give_back(id, time_.now()))
    h.connections.erase(id);
  settle(h);
}

void pool_state::gone(pool_host& h, pool_core::id id) noexcept {
  h.connections.erase(id);
  h.core.gone(id, time_.now());
  settle(h);
}

// False, and the connection gone, if its peer has closed it; a carrier goes with the last that has a place on it.
bool pool_state::healthy(pool_host& h, pool_core::id id, bool leased) noexcept {
  const auto now = time_.now();
  const auto carries = h.connections.at(id).carried;
  const bool good = carries ? carries->healthy() : h.connections.at(id).stream->idle_and_healthy();
  bool stays = good;
  if (carries)
    stays = h.core.resize(id, good ? carries->capacity() : 0, now);
  else if (!good)
    h.core.gone(id, now);
  if (carries && !good && leased)
    stays = h.core.put_back(id, now);
  if (!stays)
    h.connections.erase(id);
  return good;
}

// Serves every waiter that can be served, and drops an origin that has nothing left: `h` may be gone then.
void pool_state::settle(pool_host& h) noexcept {
  if (closed_)
    return;
  while (const auto m = h.core.ready(time_.now())) {
    if (!healthy(h, m->connection, false))
      continue;
    h.core.grant(*m, time_.now());
    auto& w = *h.waiting.at(m->waiter);
    w.granted = m->connection;
    w.event.set();
  }
  // Begun by the waiter: that allocates, and there may be no memory here.
  if (h.core.wants_dial())
    h.waiting.at(h.core.dials_for())->event.set();
  if (h.core.unused() && h.waiting.empty())
    hosts_.erase(hosts_.find(h.key));
  else
    watch(h);
}

void pool_state::watch(pool_host& h) noexcept {
  const auto when = h.core.next_event();
  if (when == never || !h.dials) {
    h.next_event.cancel();
    return;
  }
  if (when >= h.next_event.when())
    return;
  try {
    auto reached = [weak = weak_from_this(), &h] {
      const auto self = weak.lock();
      if (!self)
        return;
      const bool stop = h.core.tick(self->time_.now());
      self->settle(h);
      if (stop)
        stop_dials(h);
    };
    h.next_event.set(time_, asio::any_io_executor(executor(h.dials)), when, std::move(reached));
  } catch (...) {
    stop_dials(h);
  }
}

void pool_state::stop_dials(pool_host& h) noexcept {
  if (const auto running = std::exchange(h.dials, nullptr))
    running->cancel();
}

void pool_state::prune() {
  const auto now = time_.now();
  for (auto it = hosts_.begin(); it != hosts_.end();) {
    auto& h = it->second;
    for (const auto id : h.core.expire(now))
      h.connections.erase(id);
    it = h.core.unused() && h.waiting.empty() ? hosts_.erase(it) : std::next(it);
  }
  next_prune_ = after(now, prune_period);
}

void pool_state::close() noexcept {
  closed_ = true;
  for (auto& [key, h] : hosts_) {
    h.core.drop_idle();
    // Those that were granted a connection too: it is not taken any more. A carrier lives on by what it carries.
    std::erase_if(h.connections, [](const auto& c) { return c.second.stream || c.second.carried; });
    for (auto& [id, w] : h.waiting)
      w->event.set();
    h.next_event.cancel();
    stop_dials(h);
  }
}

pool_core::counts pool_state::count(const origin& to) const {
  const auto found = hosts_.find(to.text());
  return found == hosts_.end() ? pool_core::counts() : found->second.core.count();
}

pool_core::counts pool_state::count() const {
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

pool_host& pool_state::at(const origin& to) {
  auto key = to.text();
  const auto found = hosts_.find(key);
  return found != hosts_.end() ? found->second : hosts_.try_emplace(key, to, key, settings_).first->second;
}

void pool_state::require_open() const {
  if (closed_)
    throw error(errc::cancelled, "the connection pool was closed");
}

} // namespace weir::inline v0::net::detail
