// What a text-generation server offers besides inference: health, info, tokens, metrics.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/task/catalog/endpoint_info.hpp>
#include <weir/task/chat.hpp>

WEIR_BEGIN_NAMESPACE

/// A dedicated endpoint or another server with Text Generation Inference's routes; made by client::endpoint().
///
///     auto server = client.endpoint();
///     if (co_await server.health() == weir::endpoint_health::ready)
///       auto limits = co_await server.info();
///
/// Deadline: the earliest of the ambient one (within()), and options::deadline(). Retries and cold starts are handled
/// as the client's options say, except by health(). Responses over 16 MiB are refused.
/// Errors, as weir::error: the network's, the provider's refusal (errc::not_found if the server has no such route), and
/// errc::malformed_response for an unexpected kind of response.
/// Cancellation: terminal; the connection in use is closed.
/// Object lifetimes: may outlive the client. Thread safety: none; the client's strand.
class endpoint {
public:
  class state;
  explicit endpoint(std::shared_ptr<const state> s) noexcept : state_(std::move(s)) {}

  /// Sends one request, without retries and without waiting for a cold start; an endpoint that was scaled to zero
  /// begins to start.
  boost::asio::awaitable<endpoint_health> health() const;
  /// What the server reports about itself: its model, version and limits.
  boost::asio::awaitable<endpoint_info> info() const;
  /// The tokens of a text, in order.
  boost::asio::awaitable<std::vector<text_token>> tokenize(std::string text) const;
  /// The chat as the endpoint's template renders it, and the tokens of that. The chat's model and parameters do not
  /// matter.
  boost::asio::awaitable<chat_tokens> chat_tokenize(chat request) const;
  /// The samples of the server's metrics page, in order.
  boost::asio::awaitable<std::vector<metric_sample>> metrics() const;

private:
  std::shared_ptr<const state> state_;
};

WEIR_END_NAMESPACE
