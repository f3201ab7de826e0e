// Which list of models to ask, and asking it.
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <iterator>

#include "client/lookup/lookup.hpp"
#include "http/message/url.hpp"
#include "net/dial/proxy_rules.hpp"
#include "provider/catalog/models.hpp"
#include "provider/paths.hpp"
#include "provider/vendors.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

using models = std::vector<model_info>;

// A page of the Hub's listing has up to a thousand models.
constexpr std::size_t max_pages = 20;

class page {
public:
  page() = default;
  models found;
  std::string next;
};

std::any read_page(const http::response_head& head, std::string_view body, const std::string& origin) {
  page p;
  p.found = provider::parse_models(body);
  p.next = provider::next_page(head.headers.get("link"), origin);
  return p;
}

provider::route route_to(std::string_view name, std::string_view url, const options& o) {
  provider::route r;
  r.provider = name;
  r.to = http::parse_url(url).origin;
  const auto& keys = o.credentials().default_key() ? o.credentials().default_key() : o.credentials().hugging_face();
  const auto key = keys.last();
  // The lists are public: a key is shown where one is there, because whose it is may see more.
  if (key.starts_with("hf_") && (r.to.tls() || net::is_loopback(r.to.host())))
    r.auth = http::credential("authorization", "Bearer", key.bound_to(r.to.text()));
  for (const auto& [header, value] : o.headers())
    r.headers.set(header, value);
  return r;
}

asio::awaitable<page> ask(lookup_context in, provider::route to, std::string path) {
  target at;
  at.provider(to.provider);
  auto request = lookup_request(to, std::move(path));
  request.headers.set("accept", "application/json");
  auto read = [origin = to.to.text()](const http::response_head& head, std::string_view body) {
    return read_page(head, body, origin);
  };
  auto op = std::make_shared<const lookup>("list_models", std::move(to), std::move(request), std::move(read));
  auto answer = co_await look_up(std::move(in.via), std::move(in.top), std::move(op), std::move(at));
  co_return std::any_cast<page>(std::move(answer));
}

asio::awaitable<models> ask_hub(lookup_context in, model_query q) {
  auto path = provider::hub_models_target(q, q.provider());
  const auto to = route_to("hub", hub_url(), in.routes->settings());
  models all;
  for (std::size_t n = 0; n < max_pages && !path.empty(); ++n) {
    auto p = co_await ask(in, to, std::move(path));
    std::move(p.found.begin(), p.found.end(), std::back_inserter(all));
    path = std::move(p.next);
  }
  co_return all;
}

// `org/name` is looked up alone: the whole list is long.
asio::awaitable<models> ask_router(lookup_context in, model_query q) {
  const auto to = route_to("auto", "https://" + std::string(provider::router_host), in.routes->settings());
  const bool one =
      std::count(q.name().begin(), q.name().end(), '/') == 1 && !q.name().starts_with('/') && !q.name().ends_with('/');
  if (one) {
    try {
      auto p = co_await ask(in, to, "/v1/models/" + provider::path_of_model(q.name()));
      co_return std::move(p.found);
    } catch (const error& e) {
      // It may be a part of a name all the same.
      if (e.code() != errc::not_found && e.code() != errc::bad_request)
        throw;
    }
  }
  auto p = co_await ask(in, to, "/v1/models");
  co_return std::move(p.found);
}

asio::awaitable<models> ask_server(lookup_context in, target at) {
  // The model only makes the route whole.
  const auto to = in.routes->route(provider::task::chat, at.model().empty() ? at.model("-") : at);
  auto path = provider::models_target(to);
  if (path.empty())
    throw error(errc::unsupported, to.provider +
                                       " has no list of models of its own: leave the provider's key out to see "
                                       "what the Hugging Face router knows, or name a task");
  const bool custom = !at.base_url().empty();
  try {
    auto p = co_await ask(in, to, std::move(path));
    co_return std::move(p.found);
  } catch (const error& e) {
    if (!custom || e.code() != errc::not_found)
      throw;
  }
  // Ollama without its imitation of OpenAI.
  auto p = co_await ask(in, to, to.base + "/api/tags");
  co_return std::move(p.found);
}

bool is_chat(std::string_view task) { return task.empty() || task == "conversational" || task == "chat"; }

} // namespace

asio::awaitable<models> list_models(lookup_context in, model_query q) {
  const auto& o = in.routes->settings();
  if (q.provider().empty() && o.provider() != "auto")
    q.provider(o.provider());
  auto at = target().provider(q.provider().empty() ? o.provider() : q.provider()).base_url(o.base_url());
  const bool added = in.routes->has_added(at.provider());
  const auto* vendor = provider::find_vendor(at.provider());
  if (!vendor && !added)
    throw error(errc::unknown_provider, provider::no_such_provider(at.provider(), in.routes->added()));
  // What the key begins with decides whose list it is.
  bool missing = false;
  if (const auto keys = in.routes->key_of(at, call_options()); keys.issues())
    try {
      co_await keys.get();
    } catch (const error& e) {
      // The public lists need none.
      missing = e.code() == errc::missing_key;
      if (!missing)
        throw;
    }
  const auto& every = o.credentials().default_key();
  const bool own_key =
      !missing && ((every && !every.last().starts_with("hf_")) || o.credentials().vendor(at.provider()));
  const bool own_list = own_key && at.provider() != "auto";
  models all;
  if (added || !o.base_url().empty()) {
    if (q.from_hub() || !is_chat(q.task()))
      throw error(errc::invalid_argument,
                  "a server's own list of models has no tasks, and is not the Hub's: leave the task "
                  "and from_hub out, or the server's URL");
    q.provider({});
    all = co_await ask_server(in, at);
  } else if (q.from_hub() || !is_chat(q.task()) || (vendor->chat.empty() && !own_list)) {
    all = co_await ask_hub(in, q);
  } else if (own_list) {
    q.provider({});
    all = co_await ask_server(in, at);
  } else {
    all = co_await ask_router(in, q);
  }
  co_return provider::matching(std::move(all), q);
}

} // namespace weir::inline v0
