#include "net/resolver.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <map>

#include <weir/core/executor.hpp>

#include "net/wait.hpp"

namespace weir::net {

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
  system_query(asio::any_io_executor ex, lookup_handler done) : resolver_(std::move(ex)), done_(std::move(done)) {}
  void start(const std::string& host) {
    auto finished = [self = shared_from_this()](error_code ec, asio::ip::tcp::resolver::results_type found) {
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

// What a look-up that nobody waits for any more still needs.
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

  void leave(const std::string& host, wakeup* w) {
    if (auto it = names_.find(host); it != names_.end())
      std::erase(it->second.waiting, w);
  }

private:
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

  resolver_limits limits_;
  std::map<std::string, cached_name> names_;
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
  caching_resolver(resolver_limits limits, lookup ask)
      : cache_(std::make_shared<cache>(limits)), ask_(std::move(ask)) {}

  asio::awaitable<addresses> resolve(std::string host) override {
    if (auto literal = ip_literal(host))
      co_return addresses(1, *literal);
    const auto ex = co_await asio::this_coro::executor;
    auto& time = time_of(ex);
    const auto names = cache_;
    if (!names->fresh(names->at(host), time.now())) {
      place here(names, host, ex);
      if (!names->at(host).asking)
        start(ex, host);
      co_await here.event.wait();
    }
    const auto& name = names->at(host);
    if (name.ec)
      throw error(errc::resolve_failed, "cannot resolve " + host + " (" + name.ec.message() +
                                            "): check the spelling and this machine's DNS settings");
    co_return name.found;
  }

private:
  void start(const asio::any_io_executor& ex, const std::string& host) {
    cache_->at(host).asking = true;
    // On the plain executor: the look-up belongs to no caller's scope.
    const auto plain = scope_of(ex)->inner();
    auto finished = [names = cache_, host, &time = time_of(ex)](error_code ec, addresses found) {
      names->store(host, ec, std::move(found), time.now());
    };
    ask_(plain, host, asio::bind_executor(plain, std::move(finished)));
  }

  std::shared_ptr<cache> cache_;
  lookup ask_;
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

} // namespace weir::net
