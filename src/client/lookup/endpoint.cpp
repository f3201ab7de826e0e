#include <weir/client/endpoint.hpp>

#include "client/lookup/lookup.hpp"
#include "codec/json/json.hpp"
#include "http/message/url.hpp"
#include "provider/catalog/endpoint_decode.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

class endpoint::state {
public:
  state(lookup_context in, std::string url) : in_(std::move(in)) {
    at_ = in_.routes->first_target("tgi", call_options());
    const auto& model = in_.routes->settings().model();
    const bool url_as_model = http::is_url(model);
    if (!url.empty())
      at_.base_url(std::move(url));
    else if (at_.base_url().empty() && url_as_model)
      at_.base_url(model);
    if (at_.base_url().empty())
      throw error(errc::invalid_configuration, "an endpoint needs its URL: give options::base_url (--base-url)");
    to_ = in_.routes->route(provider::task::chat, at_);
    root_ = provider::server_root(to_.base);
  }

  template <class Result>
  asio::awaitable<Result> ask(std::string_view name, std::string path, std::string body,
                              Result (*parse)(std::string_view)) const {
    auto read = [parse](const http::response_head&, std::string_view text) { return std::any(parse(text)); };
    auto answer = co_await send(in_.top, name, std::move(path), std::move(body), std::move(read));
    co_return std::any_cast<Result>(std::move(answer));
  }

  asio::awaitable<endpoint_health> health() const {
    auto read = [](const http::response_head&, std::string_view) { return std::any(endpoint_health::ready); };
    failure why;
    try {
      auto answer = co_await send(in_.once, "endpoint_health", "/health", {}, std::move(read));
      co_return std::any_cast<endpoint_health>(answer);
    } catch (const error& e) {
      why = e.failure();
    }
    if (const auto h = provider::health_of(why))
      co_return *h;
    throw error(std::move(why));
  }

  /// The body of a chat request in the endpoint's dialect.
  std::string body_of(const chat& ask) const { return provider::encode_chat(ask, to_, false).body; }

private:
  asio::awaitable<std::any> send(handler_ptr top, std::string_view name, std::string path, std::string body,
                                 lookup::reader read) const {
    auto request = lookup_request(to_, root_ + path, std::move(body));
    auto op = std::make_shared<const lookup>(name, to_, std::move(request), std::move(read));
    co_return co_await look_up(in_.via, std::move(top), std::move(op), at_);
  }

  lookup_context in_;
  target at_;
  provider::route to_;
  std::string root_;
};

endpoint make_endpoint(lookup_context in, std::string url) {
  return endpoint(std::make_shared<const endpoint::state>(std::move(in), std::move(url)));
}

namespace {

// By value: what is awaited may outlive the endpoint.
asio::awaitable<endpoint_health> health_of(std::shared_ptr<const endpoint::state> s) { co_return co_await s->health(); }

template <class Result>
asio::awaitable<Result> query(std::shared_ptr<const endpoint::state> s, std::string_view name, std::string path,
                              std::string body, Result (*parse)(std::string_view)) {
  co_return co_await s->ask(name, std::move(path), std::move(body), parse);
}

} // namespace

asio::awaitable<endpoint_health> endpoint::health() const { return health_of(state_); }

asio::awaitable<endpoint_info> endpoint::info() const {
  return query(state_, "endpoint_info", "/info", {}, &provider::parse_info);
}

asio::awaitable<std::vector<text_token>> endpoint::tokenize(std::string text) const {
  codec::json::object body;
  body["inputs"] = text;
  return query(state_, "tokenize", "/tokenize", codec::to_text(body), &provider::parse_tokens);
}

asio::awaitable<chat_tokens> endpoint::chat_tokenize(chat ask) const {
  return query(state_, "chat_tokenize", "/chat_tokenize", state_->body_of(ask), &provider::parse_chat_tokens);
}

asio::awaitable<std::vector<metric_sample>> endpoint::metrics() const {
  return query(state_, "endpoint_metrics", "/metrics", {}, &provider::parse_metrics);
}

} // namespace weir::inline v0
