// Requests to servers: the client's connections, and one request over one of them.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <mutex>
#include <string>

#include <weir/client/options.hpp>
#include <weir/task/attempt.hpp>

#include "client/keys/configured_origins.hpp"
#include "client/transport/binding.hpp"
#include "http/exchange/exchange.hpp"
#include "http/response/response_reader.hpp"
#include "net/dial/downgrades.hpp"
#include "net/pool/pool.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0 {

/// How long the parts of a call may take; zero: without a limit. See options.
class timeouts {
public:
  timeouts() = default;
  explicit timeouts(const options& o)
      : deadline(o.deadline()), first_token(o.first_token_timeout()), inter_token(o.inter_token_timeout()) {}

  /// The same, with what a request's own options say.
  timeouts with(const call_options& own) const {
    auto t = *this;
    t.deadline = own.deadline().value_or(deadline);
    t.first_token = own.first_token_timeout().value_or(first_token);
    t.inter_token = own.inter_token_timeout().value_or(inter_token);
    return t;
  }

  duration deadline{};
  duration first_token{};
  duration inter_token{};
};

/// A request that was sent and has been answered with a head: the connection, what was read, and where it was made.
class open_call {
public:
  open_call() = default;
  /// Gives the connection back to the pool if it is clean, and closes it if it is not. The body is read no further.
  void release() noexcept;
  /// Closes the connection, or resets the stream on one that others share; what waits for the response is told.
  void close() noexcept;

  provider::route_ptr to;
  std::shared_ptr<binding> where;
  net::lease connection;
  std::unique_ptr<http::exchange> exchange;
  http::response_head head;
  /// Why a key that was refused could not be replaced; usually empty.
  std::string key_remark;
};
using open_call_ptr = std::unique_ptr<open_call>;

/// The connections of a client's calls. Outlives the client while calls run.
/// Thread safety: enter() is safe, and lets one executor in; the rest is that executor's.
class transport : public std::enable_shared_from_this<transport> {
public:
  transport(const options& o, const configured_origins& configured);

  const timeouts& limits() const noexcept { return limits_; }

  /// Sends a request and reads the head of its answer, which may take `answer_limit` from when
  /// sending begins (zero: no limit). A connection from the pool that died before it gave a byte
  /// is replaced once by a fresh one; so is one over which the server says that it has not processed the request, a few
  /// times; and a key that a callback issued, once the server answers with 401, by another
  /// one. Errors: the network's and HTTP's, as weir::error; first_token_timeout. `record` is filled as far as it came,
  /// its times counted from `begin`.
  boost::asio::awaitable<open_call_ptr> open(provider::route_ptr to, std::shared_ptr<const http::request> request,
                                             http::reader_limits limits, duration answer_limit,
                                             std::shared_ptr<attempt> record, time_point begin);

  /// Begins a call or look-up on an executor, and binds the client to it if it has none.
  /// \throws weir::error errc::wrong_executor.
  std::unique_ptr<binding::visit> enter(const boost::asio::any_io_executor& ex);
  /// For the later steps of a call. \throws weir::error errc::wrong_executor.
  void check(const boost::asio::any_io_executor& ex) { bind(ex)->check(ex); }
  /// Null before the first call, and once its context is gone.
  std::shared_ptr<binding> bound() noexcept;
  /// See client::close().
  void close() noexcept;
  /// How many origins are spoken to in HTTP/1.1 for a while.
  std::size_t downgraded() noexcept;

private:
  std::shared_ptr<binding> bind(const boost::asio::any_io_executor& ex);

  const timeouts limits_;
  const net::pool_settings pool_settings_;
  const std::shared_ptr<net::downgrades> downgrades_;
  const std::shared_ptr<net::connector> connector_;
  std::mutex mutex_;
  std::shared_ptr<binding> bound_;
  bool closed_ = false;
};

} // namespace weir::inline v0
