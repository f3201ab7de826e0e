// The leaf of a call: route, encoded request, lease, exchange.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <weir/client/options.hpp>
#include <weir/core/scope.hpp>
#include <weir/task/reply.hpp>
#include <weir/task/target.hpp>

#include "client/transport/amendments.hpp"
#include "client/transport/binding.hpp"
#include "client/transport/configured_origins.hpp"
#include "http/exchange/exchange.hpp"
#include "net/pool/pool.hpp"
#include "provider/dialect.hpp"

namespace weir {

/// What a body without events may be: it is held in memory whole, and may be large (logprobs, tool
/// calls).
inline constexpr std::size_t plain_body_limit = 64u << 20;

/// How much of an answer that cannot be read is looked at for a message: enough for a page's title.
inline constexpr std::size_t shown_of_answer = 8u << 10;

/// A request that is on its way and has been answered with a head: the connection, what was
/// read, and where it was made.
class open_call {
public:
  open_call() = default;
  provider::route to;
  std::shared_ptr<binding> where;
  net::lease connection;
  std::unique_ptr<http::exchange> exchange;
  http::response_head head;
};

/// Tells the server how long it may hold a request while it is starting (docs/providers.md, "Dedicated endpoints"):
/// Hugging Face's answer 503 at once otherwise. A stream's first-token limit keeps half of its time for the answer.
void allow_hold(http::request& request, duration hold, duration first_token);

/// The Hub's URL: HF_ENDPOINT's, or its own.
std::string hub_url();

/// Reads the rest of a body, of which at most `keep` bytes are kept, and gives the connection
/// back if it is clean. How much may come at all is up to the exchange's limits.
boost::asio::awaitable<std::string> read_body(open_call& call, std::size_t keep);

/// The failure that a head with a status other than 2xx stands for.
boost::asio::awaitable<failure> refusal(open_call call);

/// What all calls of a client share. Outlives the client while calls run.
/// Thread safety: enter() is safe, and lets one executor in; the rest is that executor's.
class transport : public std::enable_shared_from_this<transport> {
public:
  explicit transport(options o);

  const options& settings() const noexcept { return options_; }
  known_amendments& amendments() noexcept { return amendments_; }

  /// The target of a request that names this model: the options' one.
  /// \throws weir::error errc::invalid_argument for a URL, unless the options allow that.
  target first_target(const std::string& model) const;
  /// Where a call goes and as whom. \throws weir::error (condition::configuration).
  provider::route route(provider::task what, const target& to) const;
  /// The same, with the Hub queried for what is needed: the vendor's name of the model, and, where no model is
  /// named for a task but chat, the one that the Hub recommends.
  boost::asio::awaitable<provider::route> mapped_route(provider::task what, target to);

  /// Sends a request and reads the head of its answer, which may take `answer_limit` from when
  /// sending begins (zero: no limit). A connection from the pool that died before it gave a byte
  /// is replaced once by a fresh one.
  /// Errors: the network's and HTTP's, as weir::error; first_token_timeout. `record` is filled as
  /// far as it came, its times counted from `begin`.
  boost::asio::awaitable<open_call> open(provider::route to, http::request request, http::reader_limits limits,
                                         duration answer_limit, std::shared_ptr<attempt> record, time_point begin);

  /// Begins a call or look-up on an executor, and binds the client to it if it has none.
  /// \throws weir::error errc::wrong_executor.
  std::unique_ptr<binding::visit> enter(const boost::asio::any_io_executor& ex);
  /// For what goes on with a call. \throws weir::error errc::wrong_executor.
  void check(const boost::asio::any_io_executor& ex) { bind(ex)->check(ex); }
  /// Null before the first call, and once its context is gone.
  std::shared_ptr<binding> bound() noexcept;
  /// See client::close().
  void close() noexcept;

private:
  // What the Hub said, for as long as that is trusted.
  class known {
  public:
    known() = default;
    std::string body;
    time_point until{};
  };

  std::shared_ptr<binding> bind(const boost::asio::any_io_executor& ex);
  secret hub_key(const target& to) const;
  boost::asio::awaitable<std::string> ask_hub(std::string path, std::string model, target to);
  boost::asio::awaitable<std::string> fetch_from_hub(std::string path, std::string model, secret key);

  options options_;
  configured_origins configured_;
  known_amendments amendments_;
  std::shared_ptr<net::connector> connector_;
  std::mutex mutex_;
  std::shared_ptr<binding> bound_;
  bool closed_ = false;
  // By the key's name and the path: the order of a model's vendors is the key's owner's.
  std::map<std::pair<std::string, std::string>, known> known_;
};

} // namespace weir
