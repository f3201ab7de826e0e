#include "client/transport/transport.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

#include <weir/core/executor.hpp>
#include <weir/net/settings.hpp>

#include "client/keys/key_text.hpp"
#include "client/transport/limited.hpp"
#include "http/exchange/h1_exchange.hpp"
#include "http/exchange/h2.hpp"
#include "http/message/url.hpp"
#include "net/dial/connector.hpp"
#include "provider/response/errors.hpp"
#include "provider/response/rate_limits.hpp"
#include "provider/response/redaction.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

std::shared_ptr<net::connector> make_connector(const options& o, const configured_origins& configured,
                                               std::shared_ptr<const net::downgrades> to_h1) {
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
  settings.http2(o.http2() && http::has_h2());
  const auto& all = configured.all();
  const bool plain = !all.empty() && std::none_of(all.begin(), all.end(), [](const auto& to) { return to.tls(); });
  return net::make_connector(settings, std::move(to_h1), plain);
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

// The route and the request with another key.
void use_key(std::shared_ptr<const http::request>& request, provider::route_ptr& to, const secret& key) {
  const auto& former = request->auth->key;
  // Where a call goes was decided by what its key begins with.
  if (key.starts_with("hf_") && !former.starts_with("hf_") && !provider::takes_hub_token(to->to.text()))
    throw error(errc::insecure, "the key callback issued a Hugging Face token, which was not sent to " + to->to.text());
  auto asked = std::make_shared<http::request>(*request);
  auto there = std::make_shared<provider::route>(*to);
  if (former && !(former == key))
    there->former_key = former;
  asked->auth->key = key.bound_to(former.origin());
  there->auth = asked->auth;
  request = std::move(asked);
  to = std::move(there);
}

// After a 401: what the callback issues in place of the key that was refused; empty if there is nothing else.
asio::awaitable<secret> another_key(open_call& call, secret refused) {
  failure why;
  secret next;
  try {
    next = co_await call.to->keys.get(refused);
  } catch (const error& e) {
    why = e.failure();
  }
  if (why.code() == condition::local)
    throw error(why);
  if (why)
    call.key_remark = why.message();
  else if (next == refused) {
    call.key_remark = "the key callback issued the same key again";
    next = secret();
  }
  co_return next;
}

// Out of the way of the coroutine, whose frame would hold all of its temporaries.
void note_head(attempt& record, const open_call& call, wall_time now) {
  record.status = call.head.status;
  record.headers.clear();
  record.headers.reserve(call.head.headers.size());
  const provider::redaction hidden(*call.to);
  for (const auto& [name, value] : call.head.headers)
    record.headers.emplace_back(name, hidden(value));
  record.request_id = provider::sanitize(hidden(std::string(provider::request_id(call.head.headers))), 128);
  record.limits = provider::limits(call.head.headers, now, call.to->provider);
}

// How often a request is sent again that was not processed.
constexpr unsigned most_unprocessed = 4;

std::unique_ptr<http::exchange> make_exchange(const net::lease& over, http::reader_limits limits) {
  if (over.carried())
    return http::make_h2_exchange(over.carried(), limits);
  return std::make_unique<http::h1_exchange>(over.share(), limits);
}

net::pool_settings pool_settings_of(const options& o) {
  return net::pool_settings()
      .max_connections(o.max_connections())
      .max_waiting(o.max_waiting())
      .max_idle_time(o.idle_connection_timeout());
}

} // namespace

void open_call::release() noexcept {
  if (exchange && exchange->reusable())
    connection.give_back();
  else
    close();
}

void open_call::close() noexcept {
  // The stream is reset before its place is anybody's.
  if (connection.carried())
    exchange.reset();
  connection.close();
}

transport::transport(const options& o, const configured_origins& configured)
    : limits_(o), pool_settings_(pool_settings_of(o)), downgrades_(std::make_shared<net::downgrades>()),
      connector_(make_connector(o, configured, downgrades_)) {}

std::shared_ptr<binding> transport::bind(const asio::any_io_executor& ex) {
  const std::lock_guard lock(mutex_);
  if (!bound_ || bound_->over()) {
    auto tell = [known = downgrades_, &time = time_of(ex)](const net::origin& of, bool required) {
      if (required)
        known->required(of.text(), time.now());
      else
        known->fell_silent(of.text(), time.now());
    };
    bound_ = std::make_shared<binding>(plain(ex), connector_, pool_settings_, http::h2_carriers(std::move(tell)));
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

std::size_t transport::downgraded() noexcept {
  const auto bound = this->bound();
  return bound ? downgrades_->count(bound->now()) : 0;
}

void transport::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  if (bound_)
    bound_->pool().close();
}

asio::awaitable<open_call_ptr> transport::open(provider::route_ptr to, std::shared_ptr<const http::request> sent,
                                               http::reader_limits limits, duration answer_limit,
                                               std::shared_ptr<attempt> record, time_point begin) {
  const auto ex = co_await asio::this_coro::executor;
  const auto& clock = time_of(ex);
  auto self = shared_from_this();
  // A job's key may end before the job does.
  const bool renewable = sent->auth && to->keys.issues();
  if (renewable) {
    auto key = co_await to->keys.get();
    use_key(sent, to, key);
  }
  // Here, where it is sent: a key that is merely there is nobody's business.
  if (sent->auth)
    reject_short_key(sent->auth->key, to->key_place);
  record->provider = to->provider;
  record->model = to->model;
  record->url = to->to.text() + sent->target;
  if (to->target != sent->target) { // A dialect may have another one for streams.
    auto there = std::make_shared<provider::route>(*to);
    there->target = sent->target;
    to = std::move(there);
  }

  auto call = std::make_unique<open_call>();
  call->to = std::move(to);
  call->where = bind(ex);
  call->where->check(ex);
  bool renewed = false;
  unsigned unprocessed = 0;
  for (bool fresh_only = false;;) {
    auto leasing = call->where->pool().lease(call->to->to, fresh_only);
    call->connection = co_await std::move(leasing);
    call->where->check(ex);
    record->connection = call->connection.times();
    record->sent = clock.now() - begin;
    call->exchange = make_exchange(call->connection, limits);
    bool again = false;
    try {
      call->head = co_await limited(answer_limit, call->exchange->send(sent), errc::first_token_timeout,
                                    "the provider did not begin to answer within first_token_timeout");
    } catch (...) {
      const auto& tried = *call->exchange;
      const bool untouched = tried.unprocessed();
      // What was sent whole may have been worked on, whatever happened then, unless the server says that it was not.
      record->maybe_billed = record->maybe_billed || (tried.request_sent() && !untouched);
      // Replayed only if that is sure, or if the connection had been idle and no byte of an answer came: then the
      // server closed it before, or while, the request arrived.
      const bool missed = !fresh_only && call->connection.times().reused && !tried.response_started();
      if (!lost_connection() || (untouched ? ++unprocessed > most_unprocessed : !missed))
        throw;
      again = true;
      fresh_only = fresh_only || !untouched;
    }
    if (!again && call->head.status == 401 && renewable && !std::exchange(renewed, true)) {
      const auto next = co_await another_key(*call, sent->auth->key);
      if (next) {
        use_key(sent, call->to, next);
        again = fresh_only = true;
      }
    }
    if (!again)
      break;
    call->exchange.reset();
    call->connection.close();
  }
  record->first_byte = clock.now() - begin;
  note_head(*record, *call, clock.wall());
  co_return call;
}

} // namespace weir::inline v0
