#include <weir/client/client.hpp>

#include "client/cache/call_keys.hpp"
#include "client/call/attempt_handler.hpp"
#include "client/call/http_operation.hpp"
#include "client/call/start_call.hpp"
#include "client/keys/key_choice.hpp"
#include "client/lookup/lookup.hpp"
#include "client/policies.hpp"
#include "client/routing/router.hpp"
#include "client/transport/transport.hpp"
#include "http/message/writer.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// A unix socket needs no address of its own.
options completed(options o) {
  if (!o.unix_socket().empty() && o.base_url().empty())
    o.base_url("http://localhost");
  return with_vendor_keys(std::move(o));
}

explained_request explain_as(const router& routes, const http_operation& ask, const std::string& model, bool stream) {
  const auto to = routes.route(ask.what(), routes.first_target(model, ask.options()), ask.options());
  const auto made = ask.request(to, stream);
  const auto& request = *made;
  // Refuses what would be refused when it is sent.
  const http::request_bytes checked(request);
  explained_request e;
  e.provider = to.provider;
  e.model = to.model;
  e.method = request.method;
  e.url = request.to.text() + request.target;
  for (const auto& [name, value] : request.headers)
    e.headers.emplace_back(name, http::names_key(name) ? std::string("***") : std::string(value));
  if (request.auth)
    e.headers.emplace_back(request.auth->header, request.auth->scheme + (request.auth->scheme.empty() ? "" : " ") +
                                                     request.auth->key.redacted());
  e.body = request.body;
  return e;
}

} // namespace

class client::state {
public:
  explicit state(options o) {
    const auto settings = std::make_shared<const options>(completed(std::move(o)));
    shared = settings->shared() ? settings->shared() : make_shared_policies(*settings);
    const configured_origins configured(*settings);
    via = std::make_shared<transport>(*settings, configured);
    routes = std::make_shared<router>(settings, configured, via);
    const auto cache = make_response_cache(settings->cache(), make_call_keys(routes));
    top = stack_layers(shared->layers(*settings, cache), make_attempt_handler(routes, via));
    const auto lookup_layers = shared->lookup_layers(*settings);
    lookups.routes = routes;
    lookups.via = via;
    lookups.top = stack_layers(lookup_layers, make_lookup_handler(via));
    lookups.once = stack_layers({lookup_layers.front()}, make_lookup_handler(via));
  }

  asio::awaitable<reply> start(std::shared_ptr<const http_operation> op, const std::string& model,
                               bool streamed) const {
    return start_first(routes, via, top, std::move(op), model, streamed);
  }

  std::shared_ptr<shared_policies> shared;
  std::shared_ptr<transport> via;
  std::shared_ptr<router> routes;
  handler_ptr top;
  lookup_context lookups; // of models and endpoints

private:
  // By value; exceptions come from the awaitable and not from the call itself.
  static asio::awaitable<reply> start_first(std::shared_ptr<router> routes, std::shared_ptr<transport> via,
                                            handler_ptr top, std::shared_ptr<const http_operation> op,
                                            std::string model, bool streamed) {
    auto to = routes->first_target(model, op->options());
    auto starting = start_call(std::move(via), std::move(top), std::move(op), std::move(to), streamed);
    auto answer = co_await std::move(starting);
    co_return answer;
  }
};

namespace {

asio::awaitable<reply> begin_whole(const client::state& s, weir::chat ask) {
  const auto model = ask.model();
  return s.start(make_chat_operation(std::move(ask)), model, false);
}
asio::awaitable<reply> begin_whole(const client::state& s, weir::text_generation ask) {
  const auto model = ask.model();
  return s.start(make_generation_operation(std::move(ask)), model, false);
}

template <class Result>
asio::awaitable<Result> whole(asio::awaitable<reply> asking) {
  auto r = co_await std::move(asking);
  co_return std::any_cast<Result>(std::move(r.result()));
}

asio::awaitable<std::any> to_the_end(asio::awaitable<reply> beginning) {
  auto r = co_await std::move(beginning);
  for (;;) {
    const auto e = co_await r.next();
    if (!e)
      break;
  }
  co_return std::move(r.result());
}

} // namespace

client::client(options o) : state_(std::make_shared<state>(std::move(o))) {}
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

asio::awaitable<reply> client::stream(weir::chat ask) {
  const auto model = ask.model();
  return state_->start(make_chat_operation(std::move(ask)), model, true);
}

asio::awaitable<reply> client::stream(weir::text_generation ask) {
  const auto model = ask.model();
  return state_->start(make_generation_operation(std::move(ask)), model, true);
}

asio::awaitable<completion> client::run(weir::chat ask) {
  return whole<completion>(begin_whole(*state_, std::move(ask)));
}
asio::awaitable<generation> client::run(weir::text_generation ask) {
  return whole<generation>(begin_whole(*state_, std::move(ask)));
}
asio::awaitable<completion> client::chat(weir::chat ask) { return run(std::move(ask)); }

asio::awaitable<job<completion>> client::submit(weir::chat ask) {
  return detail::job_as<completion>(begin_whole(*state_, std::move(ask)));
}
asio::awaitable<job<generation>> client::submit(weir::text_generation ask) {
  return detail::job_as<generation>(begin_whole(*state_, std::move(ask)));
}

asio::awaitable<std::vector<model_info>> client::models(model_query q) {
  return list_models(state_->lookups, std::move(q));
}

endpoint client::endpoint(std::string url) const { return make_endpoint(state_->lookups, std::move(url)); }

asio::awaitable<reply> client::submit_any(task_request ask) {
  const auto model = ask.model();
  return state_->start(make_task_operation(std::move(ask)), model, false);
}

asio::awaitable<std::any> client::run_any(task_request ask) { return to_the_end(submit_any(std::move(ask))); }

explained_request client::explain(const task_request& ask) const {
  return explain_as(*state_->routes, *make_task_operation(ask), ask.model(), false);
}

explained_request client::explain(const weir::chat& ask, bool streamed) const {
  return explain_as(*state_->routes, *make_chat_operation(ask), ask.model(), streamed);
}

explained_request client::explain(const weir::text_generation& ask, bool streamed) const {
  return explain_as(*state_->routes, *make_generation_operation(ask), ask.model(), streamed);
}

connections client::pool() const noexcept {
  connections c;
  if (const auto bound = state_->via->bound()) {
    const auto seen = bound->pool().stats();
    c.idle = seen.idle;
    c.leased = seen.leased;
    c.connecting = seen.connecting;
    c.waiting = seen.waiting;
    c.downgraded = state_->via->downgraded();
  }
  return c;
}

inspection client::inspect(time_point now) const {
  auto all = state_->shared->inspect(now);
  all.pool = pool();
  return all;
}

void client::close() noexcept { state_->via->close(); }

} // namespace weir::inline v0
