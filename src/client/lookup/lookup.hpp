// Requests other than tasks: lists of models, an endpoint's own routes.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <any>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <weir/client/endpoint.hpp>
#include <weir/policy/handler.hpp>
#include <weir/task/catalog/model_info.hpp>
#include <weir/task/catalog/model_query.hpp>

#include "client/routing/router.hpp"
#include "client/transport/transport.hpp"
#include "http/message/types.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0 {

inline constexpr std::size_t lookup_limit = 16u << 20;

/// One request and how its answer is read. Thread safety: immutable.
class lookup final : public operation {
public:
  /// \throws weir::error if the answer is not the expected one.
  using reader = std::function<std::any(const http::response_head&, std::string_view body)>;

  /// `name`: what observers call the operation; a literal.
  lookup(std::string_view name, provider::route to, http::request what, reader read)
      : to(std::move(to)), what(std::move(what)), read(std::move(read)), name_(name) {}

  std::string_view name() const noexcept override { return name_; }
  token_estimate tokens() const override { return token_estimate(); }

  const provider::route to;
  const http::request what;
  const reader read;

private:
  std::string_view name_;
};

/// A GET, or with a body a POST of JSON, to `target` of the route's origin.
http::request lookup_request(const provider::route& to, std::string target, std::string body = {});

/// The innermost handler of look-ups.
handler_ptr make_lookup_handler(std::shared_ptr<transport> via);

/// Runs a look-up through `top` under the options' deadline.
boost::asio::awaitable<std::any> look_up(std::shared_ptr<transport> via, handler_ptr top,
                                         std::shared_ptr<const lookup> ask, target to);

/// What look-ups need of their client.
class lookup_context {
public:
  lookup_context() = default;
  std::shared_ptr<router> routes;
  std::shared_ptr<transport> via;
  handler_ptr top;
  handler_ptr once; ///< Without retries and waits.
};

/// client::models().
boost::asio::awaitable<std::vector<model_info>> list_models(lookup_context in, model_query q);

/// client::endpoint().
endpoint make_endpoint(lookup_context in, std::string url);

} // namespace weir::inline v0
