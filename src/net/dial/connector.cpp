#include "net/dial/connector.hpp"

#include <boost/asio/this_coro.hpp>

#include <weir/core/within.hpp>

#include "net/dial/dialer.hpp"
#include "net/dial/proxy.hpp"
#include "net/dial/proxy_rules.hpp"
#include "net/tls/tls_stream.hpp"

namespace weir::inline v0::net {

namespace asio = boost::asio;

namespace {

// Measures the steps of one connection set-up.
class stopwatch {
public:
  explicit stopwatch(time_source& time) : time_(time), last_(time.now()) {}
  duration lap() {
    const auto now = time_.now();
    return now - std::exchange(last_, now);
  }

private:
  time_source& time_;
  time_point last_;
};

class real_connector final : public connector {
public:
  real_connector(connect_settings settings, std::shared_ptr<resolver> names, std::shared_ptr<tls_context> tls,
                 std::shared_ptr<const downgrades> to_h1)
      : shared_(std::make_shared<parts>(std::move(settings), std::move(names), std::move(tls), std::move(to_h1))) {}

  asio::awaitable<stream_ptr> connect(origin to, connect_times& times) override {
    const auto parts_in_use = shared_;
    const auto limit = parts_in_use->settings.limit();
    const auto ex = co_await asio::this_coro::executor;
    const auto until = after(time_of(ex).now(), limit);
    const bool own_limit = until < scope_of(ex)->deadline();
    const auto step = std::make_shared<std::string>();
    auto body = open(parts_in_use, to, times, step);
    bool late = false;
    try {
      co_return co_await within(until, std::move(body));
    } catch (const error& e) {
      late = own_limit && e.code() == errc::deadline_exceeded;
      if (!late)
        throw;
    }
    throw error(errc::connect_timeout, "no connection to " + to.text() + " within " +
                                           std::to_string(std::chrono::ceil<std::chrono::milliseconds>(limit).count()) +
                                           " ms, " + *step + ": check the network or allow more time to connect");
  }

private:
  class parts {
  public:
    parts(connect_settings s, std::shared_ptr<resolver> n, std::shared_ptr<tls_context> t,
          std::shared_ptr<const downgrades> d)
        : settings(std::move(s)), proxies(settings.proxy()), names(std::move(n)), to_h1_(std::move(d)),
          own_(std::move(t)), anonymous_(own_) {
      if (own_->settings().client_cert().empty())
        return;
      if (settings.identities().empty())
        throw error(errc::invalid_configuration,
                    "a client certificate needs the origins that may see it: name them with identify_to()");
      anonymous_ = tls_context::of(tls_settings(own_->settings()).client_cert({}).client_key({}));
    }
    // A certificate reveals who the client is: it goes only to those that the settings name.
    const std::shared_ptr<tls_context>& tls(const tls_peer& peer) const {
      return settings.identities().contains(origin("https", peer.host, peer.port).text()) ? own_ : anonymous_;
    }

    bool offers_h2(const origin& to, time_point now) const {
      return settings.http2() && !(to_h1_ && to_h1_->covers(to.text(), now));
    }

    connect_settings settings;
    proxy_rules proxies;
    std::shared_ptr<resolver> names;

  private:
    std::shared_ptr<const downgrades> to_h1_;
    std::shared_ptr<tls_context> own_, anonymous_;
  };

  static asio::awaitable<stream_ptr> reach(std::shared_ptr<parts> p, std::string host, std::uint16_t port,
                                           connect_times& times, std::shared_ptr<std::string> step) {
    stopwatch watch(time_of(co_await asio::this_coro::executor));
    *step = "still resolving " + host;
    auto found = co_await p->names->resolve(host);
    times.resolve = watch.lap();
    const auto name = origin("http", host, port).authority();
    *step = "still connecting to " + name;
    auto made = co_await dial(std::move(found), port, name);
    times.connect = watch.lap();
    co_return made;
  }

  static asio::awaitable<stream_ptr> reach_proxy(std::shared_ptr<parts> p, proxy via, connect_times& times,
                                                 std::shared_ptr<std::string> step) {
    try {
      auto made = co_await reach(p, via.host, via.port, times, step);
      if (!via.tls)
        co_return made;
      tls_peer peer(via.host, via.port);
      auto trust = p->tls(peer);
      co_return co_await tls_connect(std::move(made), std::move(trust), std::move(peer));
    } catch (const error& e) {
      auto why = e.failure();
      if (why.code() == condition::local)
        throw;
      why.message("the proxy " + via.text() + " cannot be used: " + why.message());
      throw error(std::move(why));
    }
  }

  // `times` outlives this: the caller awaits it.
  static asio::awaitable<stream_ptr> open(std::shared_ptr<parts> p, origin to, connect_times& times,
                                          std::shared_ptr<std::string> step) {
    auto& time = time_of(co_await asio::this_coro::executor);
    stopwatch watch(time);
    tls_peer peer(to.host(), to.port());
    if (p->offers_h2(to, time.now()))
      peer.alpn.insert(peer.alpn.begin(), "h2");
    stream_ptr made;
    const auto& sockets = p->settings.unix_sockets();
    if (const auto path = sockets.find(to.text()); path != sockets.end()) {
      *step = "still connecting to unix:" + path->second;
      peer.via = "unix:" + path->second;
      made = co_await dial_unix(path->second);
      times.connect = watch.lap();
    } else if (const auto via = p->proxies.choose(to)) {
      made = co_await reach_proxy(p, *via, times, step);
      watch.lap();
      *step = "still waiting for the proxy " + via->text();
      peer.via = via->text();
      made = co_await through(std::move(made), *via, to);
      times.proxy = watch.lap();
    } else {
      made = co_await reach(p, to.host(), to.port(), times, step);
    }
    watch.lap();
    if (to.tls()) {
      *step = "still in the TLS handshake with " + to.authority();
      auto trust = p->tls(peer);
      made = co_await tls_connect(std::move(made), std::move(trust), std::move(peer));
      times.handshake = watch.lap();
      times.resumed = made->resumed();
    }
    co_return made;
  }

  std::shared_ptr<parts> shared_;
};

} // namespace

std::shared_ptr<connector> make_connector(connect_settings settings, std::shared_ptr<resolver> names,
                                          std::shared_ptr<tls_context> tls, std::shared_ptr<const downgrades> to_h1) {
  return std::make_shared<real_connector>(std::move(settings), std::move(names), std::move(tls), std::move(to_h1));
}

std::shared_ptr<connector> make_connector(connect_settings settings) {
  return make_connector(std::move(settings), std::shared_ptr<const downgrades>());
}

std::shared_ptr<connector> make_connector(connect_settings settings, std::shared_ptr<const downgrades> to_h1,
                                          bool tls_later) {
  resolver_limits limits;
  limits.lifetime = settings.name_lifetime();
  auto tls = tls_context::of(settings.tls());
  if (!tls_later)
    tls->read_trust();
  return make_connector(std::move(settings), make_resolver(limits), std::move(tls), std::move(to_h1));
}

} // namespace weir::inline v0::net
