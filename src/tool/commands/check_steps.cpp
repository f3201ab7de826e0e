#include "tool/commands/check_steps.hpp"

#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

#include <weir/core/within.hpp>
#include <weir/net/settings.hpp>

#include "client/keys/configured_origins.hpp"
#include "client/keys/key_choice.hpp"
#include "client/keys/key_text.hpp"
#include "client/routing/hub_directory.hpp"
#include "client/routing/router.hpp"
#include "codec/json/json.hpp"
#include "http/exchange/h1_exchange.hpp"
#include "http/message/url.hpp"
#include "net/dial/dialer.hpp"
#include "net/dial/proxy.hpp"
#include "net/dial/proxy_rules.hpp"
#include "net/dial/resolver.hpp"
#include "net/tls/tls_stream.hpp"
#include "provider/catalog/models.hpp"
#include "provider/dialect.hpp"
#include "provider/response/retry_after.hpp"
#include "provider/vendors.hpp"
#include "tool/output/failure_words.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr std::size_t body_limit = 16u << 20;
constexpr auto answer_wait = 30s;
constexpr auto soon = std::chrono::hours(24 * 14);

// The route and key of a check.
class way {
public:
  way() = default;
  provider::route to;
  secret key;
  std::string key_words;
  std::string list; // the path of a list of models; may be empty
  bool hub_token = false;
};

std::string where_from(const loaded_options& given, const provider::vendor& v, const secret& key) {
  if (!key)
    return "none: calling without a key";
  if (given.settings.credentials().default_key())
    return "from --api-key-env";
  const bool hub = !v.added && key.starts_with("hf_");
  auto names = provider::key_variables(v);
  if (const auto* named = given.key_of(hub ? "huggingface" : std::string(v.id)))
    names = named->variables;
  else if (hub)
    names = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"};
  for (const auto& name : names)
    if (const char* v = std::getenv(name.c_str()); v && *v)
      return "from " + name;
  if (v.added)
    return "from the configuration";
  return "from the Hugging Face token file";
}

// The options of a check of one target.
options options_for(const options& o, const target& to) {
  return options(o).provider(to.provider()).base_url(to.base_url());
}

way find_way(const loaded_options& given, const target& to, const secret& key) {
  const auto& o = given.settings;
  way w;
  const auto own = options_for(o, to);
  const configured_origins configured(own);
  auto t = place_of(own, configured, to, key);
  t.model = "-";
  const auto* v = t.row ? t.row.get() : provider::find_vendor(to.provider());
  if (!v)
    throw error(errc::unknown_provider, provider::no_such_provider(to.provider(), configured.vendors().names()));
  if (t.key)
    reject_short_key(t.key, place_of_key(to.key(), to.provider(), provider::key_variables(*v)));
  if (to.base_url().empty() && v->chat.empty() && !v->added) {
    // A vendor without chat: its key and the route to it can still be checked.
    if (!t.key)
      throw error(errc::missing_key,
                  fmt::format("no key for {}: set {}", v->id, fmt::join(provider::key_variables(v->id), " or ")));
    const bool routed = t.key.starts_with("hf_");
    w.to.provider = v->id;
    w.to.to = net::origin("https", std::string(routed ? provider::router_host : v->host), 443);
    w.to.auth.emplace(std::string(routed ? "authorization" : v->key_header),
                      std::string(routed ? "Bearer" : v->key_scheme), t.key.bound_to(w.to.to.text()));
  } else {
    w.to = provider::resolve(provider::task::chat, t);
    w.list = provider::models_target(w.to);
  }
  // The router is not known to serve a vendor's list; it serves its own.
  if (w.to.to.host() == provider::router_host)
    w.list = "/v1/models";
  for (const auto& [name, value] : o.headers())
    w.to.headers.set(name, value);
  w.hub_token = t.key.starts_with("hf_") && w.to.to.host() == provider::router_host;
  w.key_words = where_from(given, *v, t.key);
  w.key = std::move(t.key);
  return w;
}

net::proxy_settings proxy_of(const options& o) {
  if (o.proxy() == "none")
    return net::proxy_settings::none();
  return o.proxy().empty() ? net::proxy_settings() : net::proxy_settings::through(o.proxy());
}

std::string words_of(const net::addresses& found) {
  constexpr std::size_t most = 4;
  std::string all;
  for (std::size_t i = 0; i < found.size() && i < most; ++i)
    all += (i == 0 ? "" : ", ") + found[i].to_string();
  return found.size() > most ? all + fmt::format(" and {} more", found.size() - most) : all;
}

class answer {
public:
  answer() = default;
  http::response_head head;
  std::string body;
};

asio::awaitable<answer> ask(net::stream& over, provider::route to, std::string path) {
  auto request = std::make_shared<http::request>();
  request->method = "GET";
  request->to = to.to;
  request->target = std::move(path);
  request->headers = to.headers;
  request->headers.set("accept", "application/json");
  request->auth = to.auth;
  http::reader_limits limits;
  limits.body = body_limit;
  http::h1_exchange exchange(over, limits);
  answer a;
  a.head = co_await exchange.send(std::move(request));
  a.body = co_await exchange.read_body(body_limit);
  co_return a;
}

// One provider's check while it runs.
class run {
public:
  run(loaded_options given, target to, std::function<void(const checked_provider&)> told)
      : given_(std::move(given)), target_(std::move(to)), told_(std::move(told)) {
    result_.provider = target_.base_url().empty() ? target_.provider() : "custom";
    result_.url = target_.base_url();
  }

  asio::awaitable<checked_provider> all(bool call) {
    const auto ex = co_await asio::this_coro::executor;
    time_ = &time_of(ex);
    step_ = "key";
    last_ = time_->now();
    failure why;
    try {
      co_await reach();
      co_await operation();
      if (way_.hub_token)
        co_await account();
      if (call)
        co_await one_token();
    } catch (const error& e) {
      why = e.failure();
    }
    if (why) {
      if (why.code() == errc::cancelled)
        throw error(why);
      check_step s(step_, verdict::failed, time_->now() - last_, describe(why));
      s.failure = why;
      add(std::move(s));
    }
    co_return std::move(result_);
  }

private:
  void add(check_step s) {
    result_.steps.push_back(std::move(s));
    told_(result_);
  }
  void done(std::string detail, verdict how = verdict::ok) {
    const auto now = time_->now();
    add(check_step(step_, how, how == verdict::skipped ? duration() : now - std::exchange(last_, now),
                   std::move(detail)));
  }
  void begin(const char* step) {
    step_ = step;
    last_ = time_->now();
  }

  asio::awaitable<void> reach() {
    const configured_origins configured(options_for(options_, target_));
    const auto keys = key_for(options_.credentials(), target_, configured);
    // Of a key that the file names and that is not set, this gives the reason.
    const auto key = co_await keys.get();
    way_ = find_way(given_, target_, key);
    result_.url = way_.to.to.text();
    done(way_.key_words);
    const auto& origin = way_.to.to;
    const auto limit = options_.connect_timeout() > duration() ? options_.connect_timeout() : duration(1h);

    // Loading the CA certificates takes a while, which is not to count as network time.
    const auto trust = net::tls_settings().ca_file(options_.ca_file());
    auto own = trust;
    if (configured_origins(options_).has(origin))
      own.client_cert(options_.client_certificate()).client_key(options_.client_key());
    auto tls = std::make_shared<net::tls_context>(own);
    std::optional<net::proxy> via;
    if (!options_.unix_socket().empty()) {
      begin("connection");
      made_ = co_await within(limit, net::dial_unix(options_.unix_socket()));
      done("unix:" + options_.unix_socket());
    } else {
      begin("name");
      const net::proxy_rules rules(proxy_of(options_));
      via = rules.choose(origin);
      const auto host = via ? via->host : origin.host();
      const auto port = via ? via->port : origin.port();
      const auto names = net::make_resolver();
      auto found = co_await within(limit, names->resolve(host));
      done(net::ip_literal(host) ? host + " is an address" : host + " is " + words_of(found));
      begin("proxy");
      if (via)
        done(via->text());
      else
        done("none", verdict::skipped);
      begin("connection");
      made_ = co_await within(limit, net::dial(std::move(found), port, net::origin("http", host, port).authority()));
    }
    if (via) {
      if (via->tls) {
        net::tls_peer there(via->host, via->port);
        auto proxy_tls = std::make_shared<net::tls_context>(trust);
        made_ = co_await within(limit, net::tls_connect(std::move(made_), std::move(proxy_tls), std::move(there)));
      }
      made_ = co_await within(limit, net::through(std::move(made_), *via, origin));
    }
    if (options_.unix_socket().empty())
      done(via ? "through the proxy to " + origin.authority() : origin.authority());
    begin("certificate");
    if (!origin.tls()) {
      done("none: plain HTTP", verdict::skipped);
      co_return;
    }
    net::tls_peer peer(origin.host(), origin.port());
    if (via)
      peer.via = via->text();
    made_ = co_await within(limit, net::tls_connect(std::move(made_), std::move(tls), std::move(peer)));
    certificate(dynamic_cast<const net::tls_stream&>(*made_).certificate());
  }

  void certificate(const net::peer_certificate& c) {
    auto words = fmt::format("{}, issued by {}", c.subject.empty() ? "unnamed" : c.subject,
                             c.issuer.empty() ? "an unnamed issuer" : c.issuer);
    bool late = false;
    if (c.expires) {
      const auto left = *c.expires - time_->wall();
      words += fmt::format(", {} days left", std::chrono::floor<std::chrono::days>(left).count());
      late = left < soon;
    }
    done(words + (late ? ": its owner should renew it" : ""), late ? verdict::note : verdict::ok);
  }

  asio::awaitable<void> operation() {
    begin("call");
    if (way_.list.empty()) {
      done("the provider lists no models, so there is no free call: use --call and --model", verdict::skipped);
      co_return;
    }
    auto a = co_await within(answer_wait, ask(*made_, way_.to, way_.list));
    const auto wall = time_->wall();
    const auto took = time_->now() - last_;
    if (const auto date = provider::parse_http_date(a.head.headers.get("date"), wall))
      add(clock_step(wall, *date));
    last_ = time_->now() - took;
    if (a.head.status == 404 && !target_.base_url().empty()) {
      done("the server responds but has no list of models: --call and --model request a token", verdict::note);
      co_return;
    }
    if (a.head.status / 100 != 2)
      throw error(provider::failure_of_response(way_.to, a.head, a.body, wall));
    const auto found = provider::parse_models(a.body);
    done(fmt::format("GET {}: {} models{}", way_.list, found.size(),
                     way_.hub_token ? "; the list is public and says nothing about the key" : ""));
  }

  // The router's list is public; only the Hub says whose token it is.
  asio::awaitable<void> account() {
    begin("account");
    provider::route hub;
    hub.provider = "hub";
    hub.to = http::parse_url(hub_url()).origin;
    if (!hub.to.tls() && !net::is_loopback(hub.to.host()))
      throw error(errc::insecure,
                  "the token must not go to " + hub.to.text() + " over plain HTTP: set HF_ENDPOINT to an https URL");
    hub.auth = http::credential("authorization", "Bearer", way_.key.bound_to(hub.to.text()));
    const auto connector = net::make_connector(
        net::connect_settings().proxy(proxy_of(options_)).tls(net::tls_settings().ca_file(options_.ca_file())));
    connect_times times;
    auto over = co_await within(answer_wait, connector->connect(hub.to, times));
    auto a = co_await within(answer_wait, ask(*over, hub, "/api/whoami-v2"));
    if (a.head.status / 100 != 2)
      throw error(provider::failure_of_response(hub, a.head, a.body, time_->wall()));
    error_code ec;
    const auto who = codec::parse_json(a.body, ec);
    const auto name = ec ? std::nullopt : codec::string_at(who, "name");
    done(name ? "the token belongs to " + std::string(*name) : std::string("the token is valid"));
  }

  asio::awaitable<void> one_token() {
    begin("token");
    if (options_.model().empty())
      throw error(errc::invalid_argument, "--call needs a model: name one with --model");
    auto o = options_;
    o.provider(target_.provider()).base_url(target_.base_url());
    client c(std::move(o));
    const auto made =
        co_await c.chat(weir::chat().user("Hi").max_tokens(1).options(call_options().cache(cache_use::bypass)));
    done(fmt::format("{} answered{}", options_.model(),
                     made.usage.total_tokens ? fmt::format(", {} tokens used", *made.usage.total_tokens) : ""));
  }

  loaded_options given_;
  const options& options_ = given_.settings;
  target target_;
  std::function<void(const checked_provider&)> told_;
  checked_provider result_;
  way way_;
  net::stream_ptr made_;
  time_source* time_ = nullptr;
  std::string step_;
  time_point last_{};
};

} // namespace

std::vector<target> check_targets(const options& o, const std::string& provider) {
  std::vector<target> all;
  const auto& id = provider.empty() ? o.provider() : provider;
  if (!o.base_url().empty() || !o.unix_socket().empty()) {
    all.push_back(target().provider(id).base_url(o.base_url().empty() ? "http://localhost" : o.base_url()));
  } else if (id != "auto" || !provider.empty() || o.credentials().default_key()) {
    all.push_back(target().provider(id));
  } else {
    // A key that the file names and that is not set is one that is issued, and told about in a line of its own.
    if (const auto& hub = o.credentials().hugging_face(); hub && !hub.issues())
      all.push_back(target().provider("auto"));
    // A vendor with two dialects has one host and one key.
    std::set<std::string_view> hosts;
    for (const auto& vendor : o.credentials().vendors()) {
      const auto* v = provider::find_vendor(vendor);
      if (!o.credentials().vendor(vendor).issues() && (!v || hosts.insert(v->host).second))
        all.push_back(target().provider(vendor));
    }
    if (all.empty())
      throw error(errc::missing_key,
                  "no key is set: set HF_TOKEN or a vendor's own variable such as GROQ_API_KEY, or name "
                  "a server with --base-url");
  }
  return all;
}

asio::awaitable<checked_provider> check(loaded_options given, target to, bool call,
                                        std::function<void(const checked_provider&)> told) {
  run r(std::move(given), std::move(to), std::move(told));
  co_return co_await r.all(call);
}

} // namespace weir::inline v0::cli
