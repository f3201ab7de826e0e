#include "client/post/json_sender.hpp"

#include <boost/asio/this_coro.hpp>

#include <weir/client/options.hpp>
#include <weir/core/executor.hpp>
#include <weir/core/random.hpp>

#include "client/keys/key_text.hpp"
#include "client/transport/fetch.hpp"
#include "client/transport/limited.hpp"
#include "client/transport/transport.hpp"
#include "core/time/duration.hpp"
#include "core/time/wait_hint.hpp"
#include "http/message/url.hpp"
#include "http/message/writer.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kept_of_answer = 64u << 10;

// `Bearer KEY` is a scheme and a key; what has no scheme, or is no token, is the key itself.
http::credential credential_of(const std::string& name, const std::string& value, const net::origin& to) {
  const auto space = value.find(' ');
  const bool scheme = space != std::string::npos && http::is_field_name(value.substr(0, space));
  const auto key = key_from(std::string_view(value).substr(scheme ? space + 1 : 0), name).bound_to(to.text());
  reject_short_key(key, name);
  return http::credential(name, scheme ? value.substr(0, space) : std::string(), key);
}

bool may_help(int status) { return status == 408 || status == 429 || (status >= 502 && status <= 504); }

bool may_help(const failure& why) {
  return why.code() == condition::transient || why.code() == errc::deadline_exceeded || why.code() == errc::stalled;
}

options network_of(const post_settings& s) {
  return options()
      .base_url(s.url)
      .proxy(s.proxy)
      .ca_file(s.ca_file)
      .connector(s.connector)
      .connect_timeout(s.deadline)
      .max_connections(2);
}

} // namespace

json_sender::json_sender(post_settings s) : settings_(std::move(s)) {
  to_ = http::parse_url(settings_.url).origin;
  for (const auto& [name, value] : settings_.headers) {
    if (!http::names_key(name)) {
      headers_.set(name, value);
      continue;
    }
    if (key_)
      throw error(errc::invalid_configuration, "two of the headers are keys: only one can be sent");
    key_ = credential_of(name, value, to_);
  }
  settings_.headers.clear();
  headers_.set("content-type", "application/json");
  // Refuses what cannot be sent.
  const auto probe = request_to("/", {});
  http::request_bytes{probe};
  const auto network = network_of(settings_);
  via_ = std::make_shared<transport>(network, configured_origins(network));
}

http::request json_sender::request_to(std::string target, std::string body) const {
  http::request r;
  r.to = to_;
  r.target = std::move(target);
  r.headers = headers_;
  r.auth = key_;
  r.body = std::move(body);
  return r;
}

asio::awaitable<post_result> json_sender::exchange(http::request r) const {
  const auto ex = co_await asio::this_coro::executor;
  const auto visit = via_->enter(ex);
  auto to = std::make_shared<provider::route>();
  to->to = r.to;
  to->auth = r.auth;
  http::reader_limits limits;
  limits.body = 1u << 20;
  const auto begin = time_of(ex).now();
  auto sent = std::make_shared<const http::request>(std::move(r));
  const auto call =
      co_await via_->open(std::move(to), std::move(sent), limits, duration(), std::make_shared<attempt>(), begin);
  post_result out;
  out.status = call->head.status;
  if (out.status / 100 != 2) {
    out.why = failure(errc::server_error, "it answered with status " + std::to_string(out.status)).status(out.status);
    const auto& fields = call->head.headers;
    out.why.retry_after(retry_after(fields.get("retry-after"), fields.get("date"), time_of(ex).wall()));
  }
  try {
    out.body = co_await read_body(*call, kept_of_answer);
  } catch (const error&) {
    // The status has said whether it arrived.
  }
  co_return out;
}

asio::awaitable<post_result> json_sender::once(http::request r) const {
  post_result out;
  try {
    auto whole = exchange(std::move(r));
    out = co_await limited(settings_.deadline, std::move(whole), errc::stalled,
                           "it took longer than " + format_duration(settings_.deadline));
  } catch (const error& e) {
    out.why = failure(e.code(), e.failure().message());
  } catch (const boost::system::system_error& e) {
    out.why = failure(e.code(), e.code().message());
  }
  co_return out;
}

asio::awaitable<post_result> json_sender::send(std::string target, std::string body) {
  const auto ex = co_await asio::this_coro::executor;
  post_result out;
  for (unsigned n = 1;; ++n) {
    auto r = request_to(target, body);
    out = co_await once(std::move(r));
    out.tries = n;
    const bool again = out.status ? may_help(out.status) : may_help(out.why);
    const auto hint = out.why.retry_after();
    if (out.delivered() || !again || n >= settings_.attempts || (hint && *hint > settings_.max_retry_after))
      co_return out;
    co_await sleep_for(settings_.wait.delay(n, random_uniform(ex), hint));
  }
}

} // namespace weir::inline v0
