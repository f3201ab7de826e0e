#include "net/dial/resolver.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <map>

#include <weir/core/executor.hpp>

#include "core/async/shutdown_hook.hpp"
#include "net/own_limit.hpp"
#include "net/wait.hpp"

namespace weir::inline v0::net {

namespace asio = boost::asio;

std::optional<asio::ip::address> ip_literal(std::string_view host) {
  error_code ec;
  auto address = asio::ip::make_address(host, ec);
  if (ec)
    return std::nullopt;
  return address;
}

namespace {

using lookup_handler = asio::any_completion_handler<void(error_code, addresses)>;

class system_query : public std::enable_shared_from_this<system_query> {
public:
  system_query(asio::any_io_executor ex, lookup_handler done) : resolver_(ex), done_(std::move(done)) {}
  void start(const std::string& host) {
    auto finished = [self = shared_from_this()](error_code ec, asio::ip::tcp::resolver::results_type found) {
      // getaddrinfo does not distinguish an unknown name from a socket that could not be opened.
      if (const auto own = socket_limit(); ec && is_own_limit(own))
        ec = own;
      addresses out;
      for (const auto& entry : found)
        if (std::find(out.begin(), out.end(), entry.endpoint().address()) == out.end())
          out.push_back(entry.endpoint().address());
      std::move(self->done_)(ec, std::move(out));
    };
    resolver_.async_resolve(host, "", asio::ip::resolver_base::flags(), std::move(finished));
  }

private:
  asio::ip::tcp::resolver resolver_;
  lookup_handler done_;
};

class cached_name {
public:
  cached_name() = default;
  error_code ec;
  addresses found;
  time_point until{};
  bool asking = false;
  std::vector<wakeup*> waiting;
};

// What a look-up still needs once nobody waits for it any more.
class cache {
public:
  explicit cache(resolver_limits limits) : limits_(limits) {}

  cached_name& at(const std::string& host) { return names_[host]; }

  bool fresh(const cached_name& n, time_point now) const { return !n.asking && now < n.until; }

  void store(const std::string& host, error_code ec, addresses found, time_point now) {
    auto& name = names_[host];
    if (!ec && found.empty())
      ec = asio::error::host_not_found;
    name.asking = false;
    name.ec = ec;
    name.found = std::move(found);
    name.until = after(now, ec ? limits_.failure_lifetime : limits_.lifetime);
    for (auto* w : name.waiting)
      w->set();
    make_room(now);
  }

  void drop(const std::string& host) noexcept {
    const auto it = names_.find(host);
    if (it == names_.end())
      return;
    it->second.asking = false;
    it->second.ec = asio::error::operation_aborted;
    it->second.until = time_point::min();
    for (auto* w : it->second.waiting)
      w->set();
  }

  void leave(const std::string& host, wakeup* w) {
    if (auto it = names_.find(host); it != names_.end())
      std::erase(it->second.waiting, w);
  }

  // Adding a name makes room first, even for one that is never resolved.
  void make_room(time_point now) {
    const auto unused = [](const cached_name& n) { return !n.asking && n.waiting.empty(); };
    if (names_.size() > limits_.names)
      std::erase_if(names_, [&](const auto& e) { return unused(e.second) && e.second.until <= now; });
    while (names_.size() > limits_.names) {
      auto oldest = names_.end();
      for (auto it = names_.begin(); it != names_.end(); ++it)
        if (unused(it->second) && (oldest == names_.end() || it->second.until < oldest->second.until))
          oldest = it;
      if (oldest == names_.end())
        return;
      names_.erase(oldest);
    }
  }

private:
  resolver_limits limits_;
  std::map<std::string, cached_name> names_;
};

// The handler of a look-up. If it is destroyed without having been called (the look-up could not be started, or was
// dropped), nobody is left waiting, and the name is looked up anew.
class look_up_end {
public:
  look_up_end(std::shared_ptr<cache> names, std::string host, time_source& time)
      : names_(std::move(names)), host_(std::move(host)), time_(&time) {
    names_->at(host_).asking = true;
  }
  look_up_end(look_up_end&&) noexcept = default;
  look_up_end& operator=(look_up_end&&) = delete;
  ~look_up_end() {
    if (names_)
      names_->drop(host_);
  }
  void operator()(error_code ec, addresses found) {
    std::exchange(names_, nullptr)->store(host_, ec, std::move(found), time_->now());
  }

private:
  std::shared_ptr<cache> names_;
  std::string host_;
  time_source* time_;
};

// Leaves the queue on every way out of the wait.
class place {
public:
  place(std::shared_ptr<cache> c, std::string host, asio::any_io_executor ex)
      : cache_(std::move(c)), host_(std::move(host)), event(std::move(ex)) {
    cache_->at(host_).waiting.push_back(&event);
  }
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  ~place() { cache_->leave(host_, &event); }

private:
  std::shared_ptr<cache> cache_;
  std::string host_;

public:
  wakeup event;
};

class caching_resolver final : public resolver {
public:
  caching_resolver(resolver_limits limits, lookup ask) : limits_(limits), ask_(std::move(ask)) {}

  asio::awaitable<addresses> resolve(std::string host) override {
    if (auto literal = ip_literal(host))
      co_return addresses(1, *literal);
    const auto ex = co_await asio::this_coro::executor;
    auto& time = time_of(ex);
    const auto names = names_of(asio::query(ex, asio::execution::context));
    if (!names->fresh(names->at(host), time.now())) {
      place here(names, host, ex);
      if (!names->at(host).asking) {
        names->make_room(time.now());
        start(ex, names, host);
      }
      co_await here.event.wait();
    }
    const auto& name = names->at(host);
    if (is_own_limit(name.ec))
      throw own_limit("cannot look up " + host, name.ec);
    if (name.ec)
      throw error(errc::resolve_failed, "cannot resolve " + host + " (" + name.ec.message() +
                                            "): check the spelling and this machine's DNS settings");
    co_return name.found;
  }

private:
  // Look-ups under way, and their waiters, belong to their context, which may be about to be destroyed.
  std::shared_ptr<cache> names_of(asio::execution_context& context) {
    auto whose = identity_of(context);
    if (whose != whose_) {
      cache_ = std::make_shared<cache>(limits_);
      whose_ = std::move(whose);
    }
    return cache_;
  }

  void start(const asio::any_io_executor& ex, std::shared_ptr<cache> names, const std::string& host) {
    // On the plain executor: the look-up belongs to no caller's scope.
    const auto plain = scope_of(ex)->inner();
    try {
      ask_(plain, host, asio::bind_executor(plain, look_up_end(std::move(names), host, time_of(ex))));
    } catch (const boost::system::system_error& e) {
      // Asio's look-ups need a thread.
      if (e.code() != asio::error::try_again && !is_own_limit(e.code()))
        throw;
      throw own_limit("cannot look up " + host, e.code());
    }
  }

  resolver_limits limits_;
  lookup ask_;
  std::shared_ptr<const void> whose_;
  std::shared_ptr<cache> cache_;
};

} // namespace

lookup system_lookup() {
  return [](asio::any_io_executor ex, std::string host, lookup_handler done) {
    std::make_shared<system_query>(std::move(ex), std::move(done))->start(host);
  };
}

std::shared_ptr<resolver> make_resolver(resolver_limits limits, lookup ask) {
  return std::make_shared<caching_resolver>(limits, std::move(ask));
}

} // namespace weir::inline v0::net
