// A client's configuration: credentials, targets, limits, timeouts, trust.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/core/key_source.hpp>
#include <weir/core/secret.hpp>
#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>
#include <weir/policy/breaker.hpp>
#include <weir/policy/cold_start.hpp>
#include <weir/policy/concurrency.hpp>
#include <weir/policy/fallback.hpp>
#include <weir/policy/handler.hpp>
#include <weir/policy/hedge.hpp>
#include <weir/policy/key_pool.hpp>
#include <weir/policy/observe/observe.hpp>
#include <weir/policy/rate_limit.hpp>
#include <weir/policy/retry.hpp>
#include <weir/policy/routing.hpp>
#include <weir/policy/tiers.hpp>
#include <weir/provider/vendor.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

class alerts;
class budgets;
class ledger;
class price_book;
class response_cache;
class shared_policies;
namespace net {
class connector;
}

/// The keys that a client may use, by the provider they are for: secrets, or callbacks that issue them (key_source).
class credentials {
public:
  credentials() = default;

  /// Reads HF_TOKEN (then HUGGING_FACE_HUB_TOKEN, the file HF_TOKEN_PATH, `$HF_HOME/token`,
  /// `~/.cache/huggingface/token`) and each vendor's own variables. Empty means unset.
  /// `get` reads a variable; the default is the process's environment.
  /// \throws weir::error errc::malformed_key naming the variable, never the key.
  static credentials from_environment(const std::function<const char*(const char*)>& get = {});

  /// The Hugging Face token, for the router, the Hub and dedicated endpoints.
  WEIR_SETTER(credentials, key_source, hugging_face, hugging_face_ = std::move(v))
  /// A vendor's own key: calls go to the vendor directly.
  credentials&& vendor(std::string id, key_source key) && { return std::move(vendor(std::move(id), std::move(key))); }
  credentials& vendor(std::string id, key_source key) & {
    vendors_[std::move(id)] = std::move(key);
    return *this;
  }
  /// A key for every call, whichever configured provider or URL it goes to: an `hf_` key is routed, any other goes
  /// direct. Never for a URL that a request names.
  WEIR_SETTER(credentials, key_source, default_key, default_key_ = std::move(v))

  /// A further key under a name of its own, for targets and key pools that refer to it by name.
  credentials&& named(std::string name, key_source key) && { return std::move(named(std::move(name), std::move(key))); }
  credentials& named(std::string name, key_source key) & {
    named_[std::move(name)] = std::move(key);
    return *this;
  }

  /// Adds each of these environment variables that is set, as a key named like its variable.
  /// \throws weir::error errc::malformed_key naming the variable, never the key.
  credentials&& named_from_environment(const std::vector<std::string>& variables,
                                       const std::function<const char*(const char*)>& get = {}) && {
    return std::move(named_from_environment(variables, get));
  }
  credentials& named_from_environment(const std::vector<std::string>& variables,
                                      const std::function<const char*(const char*)>& get = {}) &;

  const key_source& hugging_face() const noexcept { return hugging_face_; }
  const key_source& default_key() const noexcept { return default_key_; }
  /// The vendor's own key; empty if there is none.
  const key_source& vendor(std::string_view id) const noexcept;
  /// \throws weir::error errc::missing_key if there is no key of that name.
  const key_source& named(std::string_view name) const;
  bool has(std::string_view name) const noexcept { return named_.contains(name); }
  /// Ids of the vendors that have a key of their own.
  std::vector<std::string> vendors() const;

private:
  key_source hugging_face_;
  key_source default_key_;
  std::map<std::string, key_source, std::less<>> vendors_;
  std::map<std::string, key_source, std::less<>> named_;
};

/// The options of a client. Every duration is a limit; zero switches it off. With a deadline() of zero only the ambient
/// deadline applies.
///
///     weir::client client(weir::from_environment().provider("groq").deadline(30s));
class options {
public:
  options() = default;

  /// "auto" (the Hugging Face router chooses), a vendor's id, "openai", "tgi", or the name of a vendor() below.
  WEIR_FIELD(options, std::string, provider)
  /// The model for requests that name none; or a server's URL, as base_url().
  WEIR_FIELD(options, std::string, model)
  /// Whether a request may name a server's URL in place of a model, which moves the call there. Such a call carries
  /// no key, none of the headers below and no client certificate, unless these options name its origin themselves.
  /// Default: off, since a server's own users often choose the model.
  WEIR_FIELD(options, bool, model_urls)
  /// A dedicated endpoint or any compatible server; then `provider` only picks the dialect.
  WEIR_FIELD(options, std::string, base_url)
  /// At the server of base_url() (or of a URL in model()): the header of the key, the word before the key there, and a
  /// parameter of every request's query, such as Azure's `api-key` and `api-version`. Defaults: `authorization` with
  /// `Bearer`; in any other header the key alone; no parameter. Not for keys in the query.
  WEIR_FIELD(options, std::string, key_header)
  WEIR_FIELD(options, std::optional<std::string>, key_scheme)
  options&& query(std::string name, std::string value) && {
    return std::move(query(std::move(name), std::move(value)));
  }
  options& query(std::string name, std::string value) & {
    query_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  /// Replaces all of them.
  options& query(std::vector<std::pair<std::string, std::string>> all) & {
    query_ = std::move(all);
    return *this;
  }
  const std::vector<std::pair<std::string, std::string>>& query() const noexcept { return query_; }
  /// A provider that weir has no name for; several may be added. Its name can be used as any provider's: in
  /// provider(), in targets, for keys and limits.
  options&& vendor(weir::vendor v) && { return std::move(vendor(std::move(v))); }
  options& vendor(weir::vendor v) & {
    vendors_.push_back(std::move(v));
    return *this;
  }
  const std::vector<weir::vendor>& vendors() const noexcept { return vendors_; }
  WEIR_FIELD(options, weir::credentials, credentials)
  /// The organisation that pays (`X-HF-Bill-To`); Hugging Face only.
  WEIR_FIELD(options, std::string, bill_to)

  /// From the start of a call to its last byte. Default: 10 minutes.
  WEIR_FIELD(options, duration, deadline)
  /// From sending to the first token. Default: 2 minutes.
  WEIR_FIELD(options, duration, first_token_timeout)
  /// Between two tokens, while the caller waits for one. Default: 1 minute.
  WEIR_FIELD(options, duration, inter_token_timeout)
  /// Resolving, connecting, proxy and TLS together. Default: 10 s.
  WEIR_FIELD(options, duration, connect_timeout)

  /// PEM file of the certificate authorities to trust instead of the system's.
  WEIR_FIELD(options, std::string, ca_file)
  /// PEM files of a client certificate and its key, for mutual TLS: shown to the origins that these options name (by
  /// URL, or as a provider), and to no others, such as proxies or hosts that results are downloaded from.
  WEIR_FIELD(options, std::string, client_certificate)
  WEIR_FIELD(options, std::string, client_key)
  /// `http://[user:password@]host:port`; empty: from HTTPS_PROXY, HTTP_PROXY or ALL_PROXY; "none": no proxy.
  WEIR_FIELD(options, std::string, proxy)
  /// A Unix socket to connect to instead of any host; for local servers and sidecars.
  WEIR_FIELD(options, std::string, unix_socket)

  /// Whether HTTP/2 is used where a server offers it: many calls then share a connection. An origin whose connections
  /// fall silent twice within a minute is spoken to in HTTP/1.1 for ten. No effect in builds without nghttp2; a
  /// connector() of one's own decides by itself. Default: off.
  WEIR_FIELD(options, bool, http2)
  /// Connections per origin, at most. A stream holds one, over HTTP/2 a place on one. Default: 1024.
  WEIR_FIELD(options, std::size_t, max_connections)
  /// Calls that may wait for one, per origin; more fail with errc::pool_exhausted. Default: 1024.
  WEIR_FIELD(options, std::size_t, max_waiting)
  /// How long an unused connection is kept. Default: 30 s.
  WEIR_FIELD(options, duration, idle_connection_timeout)
  /// Retries. Default: three tries in all, limited by a quota.
  WEIR_FIELD(options, weir::retry, retry)
  /// Stops calling a target whose calls keep failing. Default: on.
  WEIR_FIELD(options, weir::breaker, breaker)
  /// Second requests for calls whose first token is late. Default: off.
  WEIR_FIELD(options, weir::hedge, hedge)
  /// Other targets for calls whose own target fails. Default: none.
  WEIR_FIELD(options, weir::fallback, fallback)
  /// Equivalent targets that calls are spread over. Default: none.
  WEIR_FIELD(options, weir::routing, routing)
  /// Small models for easy calls, large ones for hard ones. Default: none.
  WEIR_FIELD(options, weir::tiers, tiers)
  /// Endpoints that were scaled to zero. Default: calls wait for them to start.
  WEIR_FIELD(options, weir::cold_start, cold_start)
  /// Several keys of one provider. Default: none.
  WEIR_FIELD(options, weir::key_pool, keys)

  /// What calls cost, for the ledger and the budgets: see price_book. May be exchanged while clients run.
  WEIR_FIELD(options, std::shared_ptr<price_book>, prices)
  /// Where every attempt is entered with its usage and cost: see ledger. Several clients may share one. Default:
  /// nowhere.
  WEIR_FIELD(options, std::shared_ptr<weir::ledger>, ledger)
  /// Ceilings of money and tokens: see budgets. Several clients may share them. Default: none.
  WEIR_FIELD(options, std::shared_ptr<weir::budgets>, budgets)
  /// Who is told of spikes, of budgets that run out and of calls that could not be priced: see alerts. Default: nobody.
  WEIR_FIELD(options, std::shared_ptr<weir::alerts>, alerts)
  /// Answers that are used again: see response_cache. Several clients may share one. Default: none.
  WEIR_FIELD(options, std::shared_ptr<weir::response_cache>, cache)

  /// How the network is reached; nullptr: the real one. For tests.
  WEIR_FIELD(options, std::shared_ptr<net::connector>, connector)

  /// A further header of every request. Not for keys.
  options&& header(std::string name, std::string value) && {
    headers_.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
  options& header(std::string name, std::string value) & {
    headers_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  const std::vector<std::pair<std::string, std::string>>& headers() const noexcept { return headers_; }

  /// Requests and tokens per minute and day. Default: no local limit, but a 429 holds back every
  /// call with its key and model.
  WEIR_SETTER(options, weir::rate_limit, rate_limit, rate_limit_ = std::move(v))
  const weir::rate_limit& rate_limit() const noexcept { return rate_limit_; }
  /// The same for one provider (a target without a model) or one model of it, in place of the
  /// general one; the most specific one applies.
  options&& rate_limit(target of, weir::rate_limit v) && {
    rate_limits_.emplace_back(std::move(of), std::move(v));
    return std::move(*this);
  }
  options& rate_limit(target of, weir::rate_limit v) & {
    rate_limits_.emplace_back(std::move(of), std::move(v));
    return *this;
  }
  const std::vector<std::pair<target, weir::rate_limit>>& rate_limits() const noexcept { return rate_limits_; }

  /// Calls that run at once, per key and model. Default: no limit.
  WEIR_SETTER(options, weir::concurrency, concurrency, concurrency_ = std::move(v))
  const weir::concurrency& concurrency() const noexcept { return concurrency_; }
  /// The same for one provider or one model of it, as with rate_limit().
  options&& concurrency(target of, weir::concurrency v) && {
    concurrencies_.emplace_back(std::move(of), std::move(v));
    return std::move(*this);
  }
  options& concurrency(target of, weir::concurrency v) & {
    concurrencies_.emplace_back(std::move(of), std::move(v));
    return *this;
  }
  const std::vector<std::pair<target, weir::concurrency>>& concurrencies() const noexcept { return concurrencies_; }

  /// An observer of every call; several may be added.
  options&& observe(std::shared_ptr<observer> o) && {
    observers_.push_back(std::move(o));
    return std::move(*this);
  }
  options& observe(std::shared_ptr<observer> o) & {
    observers_.push_back(std::move(o));
    return *this;
  }
  const std::vector<std::shared_ptr<observer>>& observers() const noexcept { return observers_; }

  /// Policy state that several clients share: quotas, limits, circuits. The clients of a client_group share one; other
  /// clients do if they are given the same one. Without it each client counts on its own. Rate limits, concurrency,
  /// hedges and key pools keep the settings that it was made with, the other policies each client's own.
  WEIR_SETTER(options, std::shared_ptr<shared_policies>, share, shared_ = std::move(v))
  const std::shared_ptr<shared_policies>& shared() const noexcept { return shared_; }

  /// A policy of your own, outside all of weir's; the first one added is the outermost.
  options&& layer(weir::layer l) && {
    layers_.push_back(std::move(l));
    return std::move(*this);
  }
  options& layer(weir::layer l) & {
    layers_.push_back(std::move(l));
    return *this;
  }
  const std::vector<weir::layer>& layers() const noexcept { return layers_; }

private:
  std::string provider_ = "auto";
  bool model_urls_ = false;
  std::string model_, base_url_, bill_to_, ca_file_, client_certificate_, client_key_, proxy_, unix_socket_;
  std::string key_header_;
  std::optional<std::string> key_scheme_;
  std::vector<std::pair<std::string, std::string>> query_;
  std::vector<weir::vendor> vendors_;
  weir::credentials credentials_;
  duration deadline_ = std::chrono::minutes(10);
  duration first_token_timeout_ = std::chrono::minutes(2);
  duration inter_token_timeout_ = std::chrono::minutes(1);
  duration connect_timeout_ = std::chrono::seconds(10);
  bool http2_ = false;
  std::size_t max_connections_ = 1024;
  std::size_t max_waiting_ = 1024;
  duration idle_connection_timeout_ = std::chrono::seconds(30);
  std::shared_ptr<net::connector> connector_;
  std::vector<std::pair<std::string, std::string>> headers_;
  weir::retry retry_;
  weir::breaker breaker_;
  weir::hedge hedge_;
  weir::fallback fallback_;
  weir::routing routing_;
  weir::tiers tiers_;
  weir::cold_start cold_start_;
  weir::key_pool keys_;
  std::shared_ptr<price_book> prices_;
  std::shared_ptr<weir::ledger> ledger_;
  std::shared_ptr<weir::budgets> budgets_;
  std::shared_ptr<weir::alerts> alerts_;
  std::shared_ptr<response_cache> cache_;
  weir::rate_limit rate_limit_;
  std::vector<std::pair<target, weir::rate_limit>> rate_limits_;
  weir::concurrency concurrency_;
  std::vector<std::pair<target, weir::concurrency>> concurrencies_;
  std::vector<std::shared_ptr<observer>> observers_;
  std::shared_ptr<shared_policies> shared_;
  std::vector<weir::layer> layers_;
};

/// State for options::share(), with the policies as `o` sets them.
/// \throws weir::error errc::invalid_configuration, naming the wrong field.
std::shared_ptr<shared_policies> make_shared_policies(const options& o);

/// Options with the credentials from the environment.
/// \throws weir::error errc::malformed_key.
options from_environment();

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
