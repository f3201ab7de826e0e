#include "client/transport/transport.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstdlib>

#include <weir/core/executor.hpp>
#include <weir/net/settings.hpp>

#include "client/config/key_choice.hpp"
#include "client/config/key_text.hpp"
#include "client/transport/limited.hpp"
#include "http/message/url.hpp"
#include "provider/response/errors.hpp"
#include "provider/response/rate_limits.hpp"
#include "provider/response/redaction.hpp"

namespace weir {

namespace asio = boost::asio;

namespace {

constexpr std::size_t error_body_limit = 64u << 10;
// How long a provider may take for the text of its refusal.
constexpr auto error_body_wait = std::chrono::seconds(5);

options with_base_url(options o) {
  if (!o.unix_socket().empty() && o.base_url().empty())
    o.base_url("http://localhost");
  return o;
}

std::shared_ptr<net::connector> make_connector(const options& o, const configured_origins& configured) {
  if (o.connector())
    return o.connector();
  net::connect_settings settings;
  settings.limit(o.connect_timeout() > duration() ? o.connect_timeout() : duration::max());
  settings.tls(net::tls_settings().ca_file(o.ca_file()).client_cert(o.client_certificate()).client_key(o.client_key()));
  if (o.proxy() == "none")
    settings.proxy(net::proxy_settings::none());
  else if (!o.proxy().empty())
    settings.proxy(net::proxy_settings::through(o.proxy()));
  if (!o.unix_socket().empty())
    settings.unix_socket(http::parse_url(o.base_url()).origin, o.unix_socket());
  for (const auto& origin : configured.all())
    settings.identify_to(origin);
  if (!o.client_certificate().empty() && configured.all().empty())
    throw error(errc::invalid_configuration, "a client certificate is shown to configured servers only: name one with "
                                             "base_url");
  return net::make_connector(settings);
}

// Of the exception that is being handled.
bool lost_connection() {
  try {
    throw;
  } catch (const error& e) {
    return e.code() == errc::connection_lost;
  } catch (...) {
    return false;
  }
}

} // namespace

std::string hub_url() {
  const char* given = std::getenv("HF_ENDPOINT");
  return given && *given ? given : "https://huggingface.co";
}

void allow_hold(http::request& request, duration hold, duration first_token) {
  if (first_token > duration())
    hold = std::min(hold, first_token / 2);
  if (const auto seconds = std::chrono::floor<std::chrono::seconds>(hold).count(); seconds > 0)
    request.headers.set("x-scale-up-timeout", std::to_string(seconds));
}

transport::transport(options o)
    : options_(with_base_url(std::move(o))), configured_(options_), connector_(make_connector(options_, configured_)) {}

std::shared_ptr<binding> transport::bind(const asio::any_io_executor& ex) {
  const std::lock_guard lock(mutex_);
  if (!bound_ || bound_->over()) {
    bound_ = std::make_shared<binding>(plain(ex), connector_,
                                       net::pool_settings()
                                           .max_connections(options_.max_connections())
                                           .max_waiting(options_.max_waiting())
                                           .max_idle_time(options_.idle_connection_timeout()));
    if (closed_)
      bound_->pool().close();
  }
  return bound_;
}

std::unique_ptr<binding::visit> transport::enter(const asio::any_io_executor& ex) { return bind(ex)->enter(ex); }

std::shared_ptr<binding> transport::bound() noexcept {
  const std::lock_guard lock(mutex_);
  return bound_ && !bound_->over() ? bound_ : nullptr;
}

void transport::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  if (bound_)
    bound_->pool().close();
}

target transport::first_target(const std::string& model) const {
  if (http::is_url(model) && !options_.model_urls())
    throw error(errc::invalid_argument,
                "the request's model is a URL, and a request may not choose the server: give the URL to "
                "options::model() or options::base_url(), or allow it with options::model_urls(true)");
  return target()
      .provider(options_.provider())
      .base_url(options_.base_url())
      .model(model.empty() ? options_.model() : model);
}

// As whom the Hub is called.
secret transport::hub_key(const target& to) const {
  const auto& keys = options_.credentials();
  if (!to.key().empty() && keys.named(to.key()).starts_with("hf_"))
    return keys.named(to.key());
  return keys.default_key() ? keys.default_key() : keys.hugging_face();
}

provider::route transport::route(provider::task what, const target& given) const {
  auto to = given;
  if (to.base_url().empty() && !http::is_url(to.model()))
    to.base_url(provider::server_url(to.provider(), [](const char* name) { return std::getenv(name); }));
  provider::target t;
  t.provider = to.provider();
  t.model = to.model();
  t.base_url = to.base_url();
  t.key = key_for(options_.credentials(), to, configured_);
  const bool chosen = chosen_by_request(to, configured_);
  if (!chosen)
    t.bill_to = options_.bill_to();
  auto r = provider::resolve(what, t);
  r.key_place = place_of_key(to.key(), r.provider);
  if (!chosen)
    for (const auto& [name, value] : options_.headers())
      r.headers.set(name, value);
  return r;
}

asio::awaitable<open_call> transport::open(provider::route to, http::request request, http::reader_limits limits,
                                           duration answer_limit, std::shared_ptr<attempt> record, time_point begin) {
  const auto ex = co_await asio::this_coro::executor;
  const auto& clock = time_of(ex);
  auto self = shared_from_this();
  // Here, where it is sent: a key that is merely there is nobody's business.
  if (request.auth)
    reject_short_key(request.auth->key, to.key_place);
  record->provider = to.provider;
  record->model = to.model;
  record->url = to.to.text() + request.target;
  auto sent = std::make_shared<const http::request>(std::move(request));

  open_call call;
  call.to = std::move(to);
  call.to.target = sent->target; // a dialect may have another one for streams
  call.where = bind(ex);
  call.where->check(ex);
  for (bool fresh_only = false;; fresh_only = true) {
    call.connection = co_await call.where->pool().lease(call.to.to, fresh_only);
    call.where->check(ex);
    record->connection = call.connection.times();
    record->sent = clock.now() - begin;
    call.exchange = std::make_unique<http::exchange>(call.connection.share(), limits);
    std::exception_ptr failed;
    try {
      call.head = co_await limited(answer_limit, call.exchange->send(sent), errc::first_token_timeout,
                                   "the provider did not begin to answer in time (first-token limit)");
    } catch (...) {
      // What was sent whole may have been worked on, whatever happened then.
      record->maybe_billed = record->maybe_billed || call.exchange->request_sent();
      // Replayed only if the connection had been idle and no byte of an answer came: then the
      // server closed it before, or while, the request arrived.
      if (fresh_only || !call.connection.times().reused || call.exchange->response_started() || !lost_connection())
        throw;
      failed = std::current_exception();
    }
    if (!failed)
      break;
    call.exchange.reset();
    call.connection.close();
  }
  record->first_byte = clock.now() - begin;
  record->status = call.head.status;
  record->headers.clear();
  const provider::redaction hidden(call.to);
  for (const auto& [name, value] : call.head.headers)
    record->headers.emplace_back(name, hidden(value));
  record->request_id = provider::sanitize(hidden(std::string(provider::request_id(call.head.headers))), 128);
  record->limits = provider::limits(call.head.headers, clock.wall(), call.to.provider);
  co_return call;
}

asio::awaitable<std::string> read_body(open_call& call, std::size_t keep) {
  auto body = co_await call.exchange->read_body(keep);
  if (call.exchange->reusable())
    call.connection.give_back();
  else
    call.connection.close();
  co_return body;
}

asio::awaitable<failure> refusal(open_call call) {
  const auto& clock = time_of(co_await asio::this_coro::executor);
  std::string body;
  try {
    body = co_await limited(error_body_wait, read_body(call, error_body_limit), errc::stalled, "");
  } catch (const error& e) {
    // The status alone says enough; only the caller's end of the call is worth more.
    if (e.code() == errc::cancelled || e.code() == errc::deadline_exceeded)
      throw;
  }
  if (http::is_coded(call.head.headers.get("content-encoding")))
    body.clear(); // nothing that can be shown
  co_return provider::explain(call.to, call.head, body, clock.wall());
}

} // namespace weir
