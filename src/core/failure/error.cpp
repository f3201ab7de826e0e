#include <weir/core/error.hpp>

namespace weir::inline v0 {

namespace {

struct entry {
  errc code;
  std::string_view name;
  std::string_view words;
  condition kind;
};

// One place classifies: every code has its name, its message and its condition.
constexpr entry entries[] = {
    {errc::deadline_exceeded, "deadline_exceeded", "the deadline was reached", condition::local},
    {errc::cancelled, "cancelled", "cancelled", condition::local},
    {errc::first_token_timeout, "first_token_timeout", "the first token did not arrive in time", condition::local},
    {errc::stalled, "stalled", "no token arrived in time", condition::local},
    {errc::out_of_resources, "out_of_resources", "this process has run out of descriptors, memory or threads",
     condition::local},
    {errc::not_saved, "not_saved", "the result could not be written", condition::local},
    {errc::unexpected, "unexpected", "an unexpected exception", condition::local},
    {errc::too_many_rounds, "too_many_rounds", "the model calls tools without end", condition::local},
    {errc::tool_failed, "tool_failed", "a tool failed", condition::local},
    {errc::missing_key, "missing_key", "no key", condition::configuration},
    {errc::malformed_key, "malformed_key", "the key is malformed", condition::configuration},
    {errc::unknown_provider, "unknown_provider", "unknown provider", condition::configuration},
    {errc::malformed_url, "malformed_url", "malformed URL", condition::configuration},
    {errc::unsupported, "unsupported", "the provider does not offer this", condition::configuration},
    {errc::invalid_argument, "invalid_argument", "invalid argument", condition::configuration},
    {errc::insecure, "insecure", "a key would have been sent where it must not go", condition::configuration},
    {errc::invalid_configuration, "invalid_configuration", "invalid configuration", condition::configuration},
    {errc::wrong_executor, "wrong_executor", "a client was used on more than one executor", condition::configuration},
    {errc::key_unavailable, "key_unavailable", "the key could not be had from its callback", condition::configuration},
    {errc::resolve_failed, "resolve_failed", "the host name could not be resolved", condition::transient},
    {errc::connect_failed, "connect_failed", "no connection", condition::transient},
    {errc::connect_timeout, "connect_timeout", "connecting took too long", condition::transient},
    {errc::proxy_refused, "proxy_refused", "the proxy refused the connection", condition::refused},
    {errc::tls_failed, "tls_failed", "the TLS handshake failed", condition::refused},
    {errc::certificate_rejected, "certificate_rejected", "the certificate was not accepted", condition::refused},
    {errc::connection_lost, "connection_lost", "the connection was lost", condition::transient},
    {errc::pool_exhausted, "pool_exhausted", "too many calls wait for a connection", condition::throttled},
    {errc::malformed_response, "malformed_response", "the response is malformed", condition::refused},
    {errc::response_too_large, "response_too_large", "the response is over a limit", condition::refused},
    {errc::unexpected_redirect, "unexpected_redirect", "the response is a redirect", condition::refused},
    {errc::unexpected_content, "unexpected_content", "the response's content cannot be read", condition::refused},
    {errc::bad_request, "bad_request", "the provider refused the request", condition::refused},
    {errc::unauthorized, "unauthorized", "the key was not accepted", condition::refused},
    {errc::forbidden, "forbidden", "the key may not do this", condition::refused},
    {errc::quota_exhausted, "quota_exhausted", "credit or quota is used up", condition::quota_exhausted},
    {errc::not_found, "not_found", "no such model or route", condition::refused},
    {errc::rate_limited, "rate_limited", "rate limit reached", condition::throttled},
    {errc::overloaded, "overloaded", "the provider is overloaded", condition::transient},
    {errc::loading, "loading", "the model is loading", condition::transient},
    {errc::server_error, "server_error", "the provider failed", condition::transient},
    {errc::paused, "paused", "the endpoint is paused", condition::refused},
    {errc::limit_reached, "limit_reached", "the local rate limit is reached", condition::throttled},
    {errc::over_budget, "over_budget", "the budget is used up", condition::quota_exhausted},
    {errc::circuit_open, "circuit_open", "the circuit breaker is open", condition::transient},
    {errc::starting, "starting", "the endpoint is starting", condition::transient},
    {errc::truncated, "truncated", "the answer broke off", condition::truncated},
    {errc::in_band_error, "in_band_error", "the provider reported an error in the stream", condition::truncated},
    {errc::malformed_event, "malformed_event", "an event of the stream is malformed", condition::truncated},
    {errc::filtered, "filtered", "the answer was withheld by a filter", condition::refused},
};

const entry* look_up(int value) noexcept {
  for (const auto& e : entries)
    if (static_cast<int>(e.code) == value)
      return &e;
  return nullptr;
}

class codes final : public boost::system::error_category {
public:
  const char* name() const noexcept override { return "weir"; }
  std::string message(int value) const override {
    const auto* e = look_up(value);
    return e ? std::string(e->words) : "unknown weir error";
  }
  boost::system::error_condition default_error_condition(int value) const noexcept override {
    if (const auto* e = look_up(value))
      return make_error_condition(e->kind);
    return {value, *this};
  }
};

class conditions final : public boost::system::error_category {
public:
  const char* name() const noexcept override { return "weir.condition"; }
  std::string message(int value) const override { return std::string(weir::name_of(static_cast<condition>(value))); }
};

} // namespace

const boost::system::error_category& error_category() noexcept {
  static const codes instance;
  return instance;
}

const boost::system::error_category& condition_category() noexcept {
  static const conditions instance;
  return instance;
}

error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), error_category()}; }

boost::system::error_condition make_error_condition(condition c) noexcept {
  return {static_cast<int>(c), condition_category()};
}

std::string_view name_of(errc code) noexcept {
  const auto* e = look_up(static_cast<int>(code));
  return e ? e->name : "none";
}

std::string_view name_of(condition c) noexcept {
  switch (c) {
  case condition::transient: return "transient";
  case condition::throttled: return "throttled";
  case condition::refused: return "refused";
  case condition::quota_exhausted: return "quota_exhausted";
  case condition::local: return "local";
  case condition::configuration: return "configuration";
  case condition::truncated: return "truncated";
  }
  return "none";
}

std::string failure::describe() const {
  std::string text = message_.empty() ? code_.message() : message_;
  if (!remote_.empty())
    text += " (the server says: \"" + remote_ + "\")";
  return text;
}

error::error(weir::failure f)
    : boost::system::system_error(f.code()), failure_(std::move(f)), what_(failure_.describe()) {}

} // namespace weir::inline v0
