// Routes: origin, path and credential of a call. Declared in dialect.hpp.
#include <algorithm>

#include "http/message/url.hpp"
#include "provider/base_paths.hpp"
#include "provider/catalog/models.hpp"
#include "provider/chat/dialects.hpp"
#include "provider/dialect.hpp"
#include "provider/mapping.hpp"
#include "provider/offers.hpp"
#include "provider/paths.hpp"
#include "provider/vendors.hpp"

namespace weir::inline v0::provider {

namespace {

constexpr std::string_view neutral_model = "tgi";

std::string join(const std::vector<std::string>& names) {
  std::string all;
  for (const auto& n : names)
    all += (all.empty() ? "" : ", ") + n;
  return all;
}

bool loopback(std::string_view host) {
  const auto octets = host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
  return octets || host == "localhost" || host == "::1";
}

std::string_view words(task what) {
  return what == task::chat ? "chat" : what == task::text_generation ? "text generation" : name_of(what);
}

bool has_row(task what) { return what == task::chat || what == task::text_generation; }

// A vendor's path for a task; empty if it has none.
std::string_view path_for(const vendor& v, task what) {
  if (has_row(what))
    return what == task::chat ? v.chat : v.text;
  const auto* o = find_offer(v.id, what);
  return o ? o->path : std::string_view();
}

std::string_view host_for(const vendor& v, task what) {
  const auto* o = has_row(what) ? nullptr : find_offer(v.id, what);
  return o && !o->host.empty() ? o->host : v.host;
}

std::string own_variables(const vendor& v) {
  std::string names;
  for (const auto& name : key_variables(v))
    names += (names.empty() ? "" : " or ") + name;
  return names;
}

std::string key_advice(const vendor& v) {
  auto advice = own_variables(v);
  if (v.reach == access::both)
    advice = "HF_TOKEN (an hf_ token, routed) or " + advice + " (" + std::string(v.id) + "'s own)";
  return advice;
}

void bind(route& r, const vendor& v, const target& t) {
  if (!t.key)
    return;
  const bool bearer = t.key.starts_with("hf_") && !v.added;
  std::string header(bearer ? "authorization" : v.key_header);
  std::string scheme(bearer ? "Bearer" : v.key_scheme);
  if (!t.key_header.empty()) {
    header = t.key_header;
    scheme = t.key_scheme;
  }
  r.auth.emplace(std::move(header), std::move(scheme), t.key.bound_to(r.to.text()));
}

void bill(route& r, const std::string& who) {
  if (who.empty() || !is_hugging_face(r.to.host()))
    return;
  if (!std::all_of(who.begin(), who.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; }))
    throw error(errc::invalid_argument,
                "the organisation to bill contains a space, a control character or a non-ASCII character");
  r.headers.set("x-hf-bill-to", who);
}

void add_headers(route& r, const vendor& v) {
  for (const auto& h : v.headers)
    if (!h.name.empty())
      r.headers.set(std::string(h.name), std::string(h.value));
  for (const auto& h : v.more_headers)
    r.headers.set(std::string(h.name), std::string(h.value));
}

void add_query(std::string& to, std::string_view query) {
  if (!query.empty())
    to.append(to.empty() ? "" : "&").append(query);
}

error no_model() { return error(errc::invalid_argument, "no model is named: name one in the request or the options"); }

[[noreturn]] void lacks(std::string_view vendor, task what) {
  throw error(errc::unsupported, std::string(vendor) + " does not offer " + std::string(words(what)) +
                                     "; these do: " + join(vendors(what)));
}

// Whether a vendor's routes are below a URL. hf-inference is also the name given with dedicated endpoints, which have
// none: their URL is the route.
bool has_routes(const vendor& v, std::string_view base) {
  return !v.host.empty() && v.id != "auto" && (v.id != "hf-inference" || base.ends_with("/hf-inference"));
}

// Model names that users write with a prefix.
std::string wire_name(const vendor& v, const net::origin& to, std::string_view model) {
  for (const std::string_view more : {"google/", "models/"})
    if (v.dialect == &gemini_content && model.starts_with(more))
      model.remove_prefix(more.size());
  if (to.host() == "api.openai.com" && model.starts_with("openai/"))
    model.remove_prefix(7);
  return std::string(model);
}

// OpenAI's own models reject `max_tokens`, or treat it as deprecated.
limit_name limit_at(const net::origin& to) {
  const bool own = to.host() == "api.openai.com" || to.host().ends_with(".openai.azure.com");
  return own ? limit_name::completion_tokens : limit_name::as_given;
}

// A task other than chat and text generation at a URL: a vendor's routes below it, OpenAI's below `/v1`, or whatever is
// there.
void place_task(route& r, const vendor& v, task what, const std::string& path) {
  const auto below = [&r, what](const vendor& spoken) {
    auto route_path = path_for(spoken, what);
    if (route_path.empty())
      lacks(spoken.id, what);
    route_path = below_base(r.base, route_path);
    r.provider = spoken.id;
    r.target = r.base.ends_with(route_path) ? r.base : r.base + fill_model(route_path, r.model);
  };
  if (has_routes(v, r.base) || v.dialect) {
    below(v);
  } else if (const auto* o = find_offer("custom", what);
             o && (ends_in_version(r.base) || ends_in_front(r.base) || r.base.ends_with(o->path))) {
    below(*find_vendor("custom"));
  } else {
    r.provider = "tgi";
    if (!find_offer(r.provider, what))
      lacks("a server of this kind", what);
    r.target = path;
  }
}

// At a vendor that the program added. Its own paths are appended as they are, those of its dialect where the URL leads.
std::string path_at_added(const vendor& v, task what, const route& r) {
  if (what == task::chat) {
    if (!v.chat.empty())
      return r.base + fill_model(v.chat, r.model);
    return v.dialect ? own_path(r.base, fill_model(v.usual_chat, r.model)) : completions_path(r.base, what);
  }
  if (what == task::text_generation) {
    if (v.text.empty())
      throw error(errc::unsupported,
                  std::string(v.id) + " has no path for text generation: give its vendor a text_path");
    return r.base + fill_model(v.text, r.model);
  }
  const auto* o = v.dialect ? nullptr : find_offer("custom", what);
  if (!o)
    lacks(v.id, what);
  return r.base + fill_model(below_base(r.base, o->path), r.model);
}

// A URL that the user gave: an endpoint of its own, or any compatible server.
route at_url(task what, const target& t, const std::string& base, const std::string& model) {
  const auto url = http::parse_url(base);
  if (t.key && !url.origin.tls() && !loopback(url.origin.host()))
    throw error(errc::insecure, "a key may not go to " + url.origin.text() + " over plain HTTP: use https");

  route r;
  r.what = what;
  r.requested_model = t.model;
  r.to = url.origin;
  const auto* v = t.row ? t.row.get() : find_vendor(t.provider.empty() || t.provider == "auto" ? "custom" : t.provider);
  if (!v)
    throw error(errc::unknown_provider, no_such_provider(t.provider, t.added) + "; with a URL it may be left out");
  r.model = model.empty() ? std::string(neutral_model) : wire_name(*v, r.to, model);
  r.limit = limit_at(r.to);

  const auto question = url.target.find('?');
  std::string path = url.target.substr(0, question);
  const std::string query = question == std::string::npos ? std::string() : url.target.substr(question);
  r.provider = v->id;
  r.row = t.row;
  r.base = path;
  while (r.base.ends_with('/'))
    r.base.pop_back();
  r.direct = false;
  if (v->added) {
    if (v->dialect && model.empty())
      throw no_model();
    path = path_at_added(*v, what, r);
  } else if (!has_row(what)) {
    place_task(r, *v, what, path);
    path = r.target;
  } else if (v->dialect) {
    if (what != task::chat)
      lacks(v->id, what);
    if (model.empty())
      throw no_model();
    path = own_path(std::move(path), fill_model(v->chat, r.model));
  } else if (const auto own = std::string(path_for(*v, what));
             has_routes(*v, r.base) && !own.empty() &&
             (!names_api(r.base) || (!r.base.ends_with("/v1") && begins_route(r.base, own)))) {
    path = own_path(std::move(path), fill_model(own, r.model));
  } else if (what == task::chat) {
    path = completions_path(std::move(path), what);
  } else if (names_api(r.base)) {
    r.provider = "custom";
    path = completions_path(std::move(path), what);
  } else {
    r.provider = "tgi";
  }
  add_query(r.query, v->query);
  add_query(r.query, t.query);
  r.target = path + query;
  if (!r.query.empty())
    r.target += (query.empty() ? '?' : '&') + r.query;
  add_headers(r, *v);
  bind(r, *v, t);
  bill(r, t.bill_to);
  return r;
}

void check_key(const vendor& v, const secret& key) {
  const bool hf = key.starts_with("hf_");
  if (v.id == "auto") {
    if (key.empty())
      throw error(errc::missing_key, "provider auto needs a Hugging Face token: set HF_TOKEN, or name a provider and "
                                     "set its own key");
    if (!hf)
      throw error(errc::unsupported, "provider auto needs an hf_ token, and this key is not one: set HF_TOKEN, or "
                                     "name the provider that the key is for");
    return;
  }
  if (v.reach == access::router_only)
    return; // serves anonymous calls, slowly
  if (key.empty())
    throw error(errc::missing_key, "no key for " + std::string(v.id) + ": set " + key_advice(v));
  if (v.reach == access::direct_only && hf)
    throw error(errc::unsupported, std::string(v.id) + " is not offered through Hugging Face: set " + key_advice(v));
}

} // namespace

route resolve(task what, const target& t) {
  if (!t.base_url.empty())
    return at_url(what, t, t.base_url, t.model);
  if (http::is_url(t.model))
    return at_url(what, t, t.model, {});

  if (t.row) {
    if (!t.key && !t.row->keys.front().empty())
      throw error(errc::missing_key, "no key for " + std::string(t.row->id) + ": set " + own_variables(*t.row));
    if (t.model.empty())
      throw no_model();
    auto r = at_url(what, t, std::string(t.row->server), t.model);
    r.direct = true;
    return r;
  }
  const auto* v = find_vendor(t.provider.empty() ? "auto" : t.provider);
  if (!v)
    throw error(errc::unknown_provider, unknown_provider(t.provider, t.added) + "; for " + std::string(words(what)) +
                                            " weir knows auto, tgi, " + join(vendors(what)) +
                                            (t.added.empty() ? "" : ", " + join(t.added)));
  if (!v->server.empty()) {
    auto own = t;
    if (own.key.starts_with("hf_"))
      own.key = secret();
    return at_url(what, own, std::string(v->server), t.model);
  }
  if (v->host.empty())
    throw error(errc::invalid_configuration, "provider " + t.provider + " needs the server's URL (base_url)");
  const bool by_mapping = v->id == "auto" && what != task::chat;
  const auto path = path_for(*v, what);
  if (path.empty() && !by_mapping)
    lacks(v->id, what);
  check_key(*v, t.key);
  if (t.model.empty())
    throw no_model();

  route r;
  r.what = what;
  r.provider = v->id;
  r.requested_model = t.model;
  const bool routed = v->reach == access::router_only || (v->reach == access::both && t.key.starts_with("hf_"));
  r.direct = !routed;
  r.to = net::origin("https", std::string(routed ? router_host : host_for(*v, what)), 443);
  r.model = wire_name(*v, r.to, t.model);
  r.limit = limit_at(r.to);
  r.needs_mapping = by_mapping || (routed && v->maps_models);
  if (!by_mapping) {
    if (routed && !v->at_front)
      r.base.append("/").append(v->id);
    r.target = r.base + fill_model(path, r.model);
  }
  add_headers(r, *v);
  bind(r, *v, t);
  bill(r, t.bill_to);
  return r;
}

void apply_mapping(route& r, const mapping& m) {
  r.model = m.model;
  r.lora = m.lora;
  r.needs_mapping = false;
  const bool same = r.provider == m.provider;
  if (same && has_row(r.what))
    return;
  const auto* v = find_vendor(m.provider);
  if (!v)
    throw error(errc::unknown_provider, "the mapping names a provider that weir does not know: " + m.provider);
  r.provider = m.provider;
  r.base = "/" + m.provider;
  // Where names are not mapped, a path that names the model takes the Hub's name of it.
  r.target =
      r.base + fill_model(path_for(*v, r.what), v->maps_models && !has_row(r.what) ? r.model : r.requested_model);
  if (!same)
    add_headers(r, *v);
}

bool takes_hub_token(std::string_view base_url) {
  const auto url = http::parse_url(base_url);
  return url.origin.tls() && is_hugging_face(url.origin.host());
}

std::string server_url(std::string_view provider, const std::function<const char*(const char*)>& get) {
  const auto* v = find_vendor(provider);
  if (!v || v->server.empty())
    return {};
  const char* given = v->server_variable.empty() ? nullptr : get(std::string(v->server_variable).c_str());
  // Quotes too, which .env files leave there: Ollama's own programs strip them.
  constexpr std::string_view around = " \t\"'";
  std::string place = given ? given : "";
  place.erase(0, std::min(place.find_first_not_of(around), place.size()));
  place.erase(place.find_last_not_of(around) + 1);
  if (place.empty())
    return std::string(v->server);
  if (http::is_url(place))
    return place;
  // `host`, `host:port`, `:port`; an address to listen on at every interface is reached at this machine's own.
  const auto port = v->server.substr(v->server.rfind(':'));
  if (place.starts_with(':'))
    place.insert(0, "127.0.0.1");
  if (place.starts_with("0.0.0.0"))
    place.replace(0, 7, "127.0.0.1");
  const bool with_port = place.find(':') != std::string::npos && !place.ends_with(']');
  return "http://" + place + (with_port ? std::string() : std::string(port));
}

std::vector<net::origin> origins_of(std::string_view provider) {
  std::vector<net::origin> all;
  const auto* v = find_vendor(provider.empty() ? "auto" : provider);
  if (!v || v->host.empty())
    return all;
  const auto add = [&all](std::string_view host) { all.emplace_back("https", std::string(host), 443); };
  add(v->host);
  if (v->reach == access::both)
    add(router_host);
  for (const auto& o : offers_of(v->id))
    if (!o.host.empty())
      add(o.host);
  return all;
}

std::vector<std::string> vendors(task what) {
  std::vector<std::string> ids;
  for (const auto& v : all_vendors())
    if (offers(v.id, what))
      ids.emplace_back(v.id);
  return ids;
}

std::vector<std::string> key_variables(const vendor& v) {
  std::vector<std::string> names;
  for (const auto& name : v.keys)
    if (!name.empty())
      names.emplace_back(name);
  return names;
}

std::vector<std::string> key_variables(std::string_view provider) {
  const auto* v = find_vendor(provider);
  return v ? key_variables(*v) : std::vector<std::string>();
}

std::string models_target(const route& to) {
  const auto& v = vendor_of(to);
  auto list = v.models.empty() ? models_path(to.target) : to.base + std::string(v.models);
  if (!list.empty() && !to.query.empty())
    list += '?' + to.query;
  return list;
}

} // namespace weir::inline v0::provider
