// Plain requests to the server of a client's calls, with its key: for APIs that are no call of a model.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <weir/client/options.hpp>

#include "client/routing/router.hpp"
#include "client/transport/transport.hpp"
#include "http/message/types.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0 {

/// What came of a request.
class direct_result {
public:
  direct_result() = default;

  failure why;      ///< None for a 2xx response that came whole.
  bool sent = true; ///< Whether the server may have acted on the request.
  int status = 0;
  http::fields headers;
  std::string body; ///< Of a 2xx response, unless a receiver has taken it.
};

/// Sends requests one by one, over connections of its own; nothing is tried again but a GET or DELETE that met a
/// connection which had died before it. Everything else goes over a fresh connection, and never twice: it may cost
/// money. A key goes to its own origin only; the options' other headers are the request's to have. GETs follow three
/// redirects, from https to https only, without key and headers beyond the first origin. Object lifetimes: send() may
/// outlive it. Thread safety: none; one strand.
class direct_http {
public:
  /// Takes a body piece by piece; what it throws ends the request.
  using receiver = std::function<void(std::string_view)>;

  /// \throws weir::error as client's constructor.
  explicit direct_http(options o);

  /// The route of chats with this model (empty: the options' one), with its key.
  /// \throws weir::error (condition::configuration).
  boost::asio::awaitable<provider::route> chat_route(std::string model);

  /// Limits: two minutes and what the body takes at 64 KiB/s until the response begins, a minute between its pieces,
  /// 256 MiB of a body that no receiver takes. Errors of the network and the server are in the result; thrown are the
  /// caller's deadline, cancellation, and what the receiver throws.
  boost::asio::awaitable<direct_result> send(provider::route to, http::request r, receiver into = {});

private:
  boost::asio::awaitable<void> exchange(std::shared_ptr<transport> via, provider::route to, http::request r,
                                        receiver into, std::shared_ptr<direct_result> out,
                                        std::shared_ptr<attempt> record);

  std::shared_ptr<const options> options_;
  std::shared_ptr<transport> via_, once_;
  std::shared_ptr<router> routes_;
};

} // namespace weir::inline v0
