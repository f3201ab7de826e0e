#include "client/routing/router.hpp"

#include <cstdlib>

#include "client/keys/key_choice.hpp"
#include "http/message/url.hpp"
#include "provider/mapping.hpp"
#include "provider/vendors.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// Whether the Hub has to name the model.
bool wants_default(provider::task what, const target& to) {
  const bool open = to.provider().empty() || to.provider() == "auto" || to.provider() == "hf-inference";
  return what != provider::task::chat && open && to.model().empty() && to.base_url().empty();
}

// Whether a call goes to the server that the options' base_url, or the URL in their model, names.
bool is_own_server(const options& o, const target& to) {
  if (!o.base_url().empty())
    return to.base_url() == o.base_url();
  return to.base_url().empty() && http::is_url(o.model()) && to.model() == o.model();
}

// The user's own server that a provider's name stands for; empty for others.
std::string server_of(const target& to) {
  if (!to.base_url().empty() || http::is_url(to.model()))
    return {};
  return provider::server_url(to.provider(), [](const char* name) { return std::getenv(name); });
}

} // namespace

provider::target place_of(const options& o, const configured_origins& configured, const target& to, const secret& key) {
  provider::target t;
  t.provider = to.provider();
  t.model = to.model();
  t.base_url = to.base_url();
  t.key = key;
  t.row = configured.vendors().find(to.provider());
  if (!t.row && !to.provider().empty() && !provider::find_vendor(to.provider()))
    t.added = configured.vendors().names();
  if (!is_own_server(o, to))
    return t;
  if (!o.key_header().empty() || o.key_scheme()) {
    t.key_header = o.key_header().empty() ? "authorization" : o.key_header();
    t.key_scheme = o.key_scheme() ? *o.key_scheme() : provider::usual_scheme(t.key_header);
  }
  t.query = provider::encode_query(o.query());
  return t;
}

target router::first_target(const std::string& model, const call_options& own) const {
  own.check();
  if (own.key() && options_->credentials().has(own.key_name()))
    throw error(errc::invalid_argument, "call_options: the client's credentials have a key named \"" + own.key_name() +
                                            "\" already: give this call's another name");
  if (http::is_url(model) && !options_->model_urls())
    throw error(errc::invalid_argument,
                "the request's model is a URL, and a request may not choose the server: give the URL to "
                "options::model() or options::base_url(), or allow it with options::model_urls(true)");
  return target()
      .provider(options_->provider())
      .base_url(options_->base_url())
      .model(model.empty() ? options_->model() : model)
      .key(own.key_name());
}

key_source router::key_of(const target& to, const call_options& own) const {
  if (!own.key() || to.key() != own.key_name())
    return key_for(options_->credentials(), to, configured_);
  if (chosen_by_request(to, configured_))
    return {};
  const bool url = http::is_url(to.model()) || http::is_url(options_->model());
  if (to.provider() != options_->provider() || to.base_url() != options_->base_url() ||
      (url && to.base_url().empty() && to.model() != options_->model()))
    throw error(errc::insecure, "the key of this call is for " +
                                    target().provider(options_->provider()).base_url(options_->base_url()).text() +
                                    " and was not sent to " + to.text());
  return own.key();
}

// The key that the Hub is called with.
asio::awaitable<secret> router::hub_key(target to, const call_options& own) const {
  const auto& keys = options_->credentials();
  if (!to.key().empty()) {
    auto named = co_await key_of(to, own).get();
    if (named.starts_with("hf_"))
      co_return named;
  }
  const auto& general = keys.default_key() ? keys.default_key() : keys.hugging_face();
  auto key = co_await general.get();
  co_return key;
}

provider::route router::route(provider::task what, const target& given, const call_options& own) const {
  auto to = given;
  if (auto server = server_of(to); !server.empty())
    to.base_url(std::move(server));
  const auto keys = key_of(to, own);
  auto key = keys.last();
  if (keys.issues() && key.empty())
    key = secret("issued-by-a-callback");
  auto t = place_of(*options_, configured_, to, key);
  const bool chosen = chosen_by_request(to, configured_);
  if (!chosen)
    t.bill_to = options_->bill_to();
  auto r = provider::resolve(what, t);
  r.key_place = keys.issues() ? "the key callback"
                              : place_of_key(to.key(), r.provider, provider::key_variables(provider::vendor_of(r)));
  r.keys = keys;
  if (!chosen)
    for (const auto* list : {&options_->headers(), &own.headers()})
      for (const auto& [name, value] : *list)
        r.headers.set(name, value);
  return r;
}

// What tells a target from others.
const std::string& router::name_route(provider::task what, const target& to) {
  route_name_.assign(1, static_cast<char>('0' + static_cast<int>(what)));
  for (const auto* part : {&to.provider(), &to.base_url(), &to.model(), &to.key()})
    route_name_.append(*part).push_back('\0');
  return route_name_;
}

provider::route_ptr router::known_route(provider::task what, const target& to, const call_options& own) {
  if (own.key() || !own.headers().empty())
    return nullptr;
  const auto* known = routes_.find(name_route(what, to));
  return known ? *known : nullptr;
}

asio::awaitable<provider::route_ptr> router::mapped_route(provider::task what, target to, const call_options& own) {
  const auto given = to;
  if (wants_default(what, to)) {
    auto key = co_await hub_key(to, own);
    const auto body = co_await hub_.ask(to.key(), std::move(key), std::string(provider::tasks_target), {});
    to.model(provider::default_model(body, what)).provider("hf-inference");
  }
  // What the key begins with decides where the call goes.
  const auto keys = key_of(to, own);
  if (keys.issues())
    co_await keys.get();
  auto r = std::make_shared<provider::route>(route(what, to, own));
  if (r->needs_mapping) {
    const auto path = provider::mapping_target(r->requested_model);
    auto key = co_await hub_key(to, own);
    const auto body = co_await hub_.ask(to.key(), std::move(key), path, r->requested_model);
    try {
      provider::apply_mapping(*r, provider::parse_mapping(body, to.provider(), what));
    } catch (const error& e) {
      if (e.code() == errc::malformed_response)
        hub_.forget(to.key(), path);
      throw;
    }
  } else if (given == to && !keys.issues() && !own.key() && own.headers().empty() && server_of(to).empty()) {
    routes_.at(name_route(what, to)) = r;
  }
  co_return r;
}

} // namespace weir::inline v0
