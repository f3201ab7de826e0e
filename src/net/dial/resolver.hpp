// Names to addresses: cached, shared between callers, and abandoned without waiting.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>

namespace weir::inline v0::net {

using addresses = std::vector<boost::asio::ip::address>;

/// The address if `host` is an IP literal; nothing for a name. Takes no brackets.
std::optional<boost::asio::ip::address> ip_literal(std::string_view host);

class resolver {
public:
  virtual ~resolver() = default;
  /// The addresses of a name, in the order to be preferred; never empty.
  /// Errors: weir::error errc::resolve_failed. Cancellation: terminal; at once.
  virtual boost::asio::awaitable<addresses> resolve(std::string host) = 0;
};

/// One look-up that cannot be interrupted. Calls `done` once, on `ex`, not inline.
using lookup = std::function<void(boost::asio::any_io_executor ex, std::string host,
                                  boost::asio::any_completion_handler<void(error_code, addresses)> done)>;

/// getaddrinfo, as Asio does it: on one background thread per execution context. A look-up keeps its context running
/// until getaddrinfo gives up, even if every caller has left.
lookup system_lookup();

/// Limits of the cache.
class resolver_limits {
public:
  resolver_limits() = default;
  duration lifetime = std::chrono::seconds(30);
  /// How long a failure is remembered, so that a burst of calls resolves once.
  duration failure_lifetime = std::chrono::seconds(1);
  std::size_t names = 256;
};

/// Caches the results of `ask`, and shares one look-up between all that want the same name at a time. A caller that is
/// cancelled leaves at once; the look-up ends on its own and its result is kept. IP literals are not looked up.
/// Thread safety: none; one strand.
std::shared_ptr<resolver> make_resolver(resolver_limits limits = resolver_limits(), lookup ask = system_lookup());

} // namespace weir::inline v0::net
