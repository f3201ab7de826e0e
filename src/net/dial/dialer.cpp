#include "net/dial/dialer.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <optional>
#include <sstream>

#include <weir/core/executor.hpp>

#include "net/dial/dialer_core.hpp"
#include "net/own_limit.hpp"
#include "net/socket_stream.hpp"
#include "net/wait.hpp"

namespace weir::inline v0::net {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr auto stagger = std::chrono::milliseconds(250);
constexpr std::size_t max_attempts = 16;

// Shared by the dialing coroutine and the handlers of its attempts.
class race : public std::enable_shared_from_this<race> {
public:
  race(asio::any_io_executor ex, addresses to, std::uint16_t port)
      : event(ex), core(to.size(), stagger), ex_(std::move(ex)), plain_(scope_of(ex_)->inner()), to_(std::move(to)),
        port_(port), sockets_(to_.size()), errors_(to_.size()) {}

  void start(std::size_t i) {
    auto& socket = sockets_[i].emplace(plain_);
    auto finished = [self = shared_from_this(), i](error_code ec) { self->ended(i, ec); };
    socket.async_connect(tcp::endpoint(to_[i], port_), asio::bind_executor(ex_, std::move(finished)));
  }

  void arm(time_point until) {
    if (armed_ || until == never)
      return;
    armed_ = true;
    auto fired = [self = shared_from_this()](error_code) {
      self->armed_ = false;
      self->event.set();
    };
    time_of(ex_).async_wait(ex_, until,
                            asio::bind_cancellation_slot(timer_.slot(), asio::bind_executor(ex_, std::move(fired))));
  }

  // Not from a destructor: when the context is destroyed, its timers may be gone already.
  void stop() {
    if (armed_)
      timer_.emit(asio::cancellation_type::terminal);
    for (auto& s : sockets_)
      s.reset();
  }

  tcp::socket take_winner() { return std::move(*sockets_[winner_]); }

  /// The error that was local; none if the peer, or the path to it, failed.
  error_code own_failure() const {
    for (std::size_t i = 0; i < to_.size(); ++i)
      if (is_own_limit(errors_[i]) || (to_[i].is_v4() && errors_[i] == boost::system::errc::address_not_available))
        return errors_[i];
    return {};
  }

  std::string failures(const std::string& name) const {
    std::ostringstream text;
    text << "cannot connect to " << name << ": ";
    for (std::size_t i = 0; i < to_.size(); ++i)
      text << (i ? ", " : "") << tcp::endpoint(to_[i], port_) << " (" << errors_[i].message() << ')';
    return std::move(text).str();
  }

  wakeup event;
  dialer_core core;

private:
  void ended(std::size_t i, error_code ec) {
    errors_[i] = ec;
    if (ec) {
      sockets_[i].reset();
      core.attempt_failed();
    } else if (core.attempt_succeeded()) {
      winner_ = i;
    } else {
      sockets_[i].reset();
    }
    event.set();
  }

  asio::any_io_executor ex_;
  asio::any_io_executor plain_;
  addresses to_;
  std::uint16_t port_;
  std::vector<std::optional<tcp::socket>> sockets_;
  std::vector<error_code> errors_;
  asio::cancellation_signal timer_;
  std::size_t winner_ = 0;
  bool armed_ = false;
};

asio::awaitable<bool> run(std::shared_ptr<race> r, time_source& time) {
  for (;;) {
    const auto action = r->core.next(time.now());
    switch (action.what) {
    case dialer_core::step::start: r->start(action.index); break;
    case dialer_core::step::wait:
      r->arm(action.until);
      co_await r->event.wait();
      break;
    case dialer_core::step::finished: co_return true;
    case dialer_core::step::failed: co_return false;
    }
  }
}

} // namespace

asio::awaitable<stream_ptr> dial(addresses to, std::uint16_t port, std::string name) {
  const auto ex = co_await asio::this_coro::executor;
  const auto r = std::make_shared<race>(ex, interleave(to, max_attempts), port);
  std::exception_ptr failed;
  bool connected = false;
  try {
    connected = co_await run(r, time_of(ex));
  } catch (...) {
    failed = std::current_exception();
  }
  std::optional<tcp::socket> socket;
  if (connected)
    socket.emplace(r->take_winner());
  r->stop();
  if (failed)
    std::rethrow_exception(failed);
  if (const auto own = r->own_failure(); !connected && own)
    throw own_limit("cannot connect to " + name, own);
  if (!connected)
    throw error(errc::connect_failed, r->failures(name));
  error_code ignored;
  (void)socket->set_option(tcp::no_delay(true), ignored);
  (void)socket->set_option(asio::socket_base::keep_alive(true), ignored);
  co_return std::make_unique<socket_stream>(socket_stream::socket(std::move(*socket)));
}

asio::awaitable<stream_ptr> dial_unix(std::string path) {
  const auto ex = co_await asio::this_coro::executor;
  if (path.size() >= sizeof(::sockaddr_un::sun_path))
    throw error(errc::invalid_configuration, "the Unix socket path is too long: " + path);
  asio::local::stream_protocol::socket socket(scope_of(ex)->inner());
  const asio::local::stream_protocol::endpoint endpoint(path);
  error_code ec;
  co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, ec));
  if (ec == asio::error::operation_aborted)
    throw boost::system::system_error(ec);
  if (is_own_limit(ec))
    throw own_limit("cannot connect to unix:" + path, ec);
  if (ec)
    throw error(errc::connect_failed, "cannot connect to unix:" + path + " (" + ec.message() + ")");
  co_return std::make_unique<socket_stream>(socket_stream::socket(std::move(socket)));
}

} // namespace weir::inline v0::net
