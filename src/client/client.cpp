#include <weir/client/client.hpp>

#include <boost/asio/this_coro.hpp>

#include <weir/core/within.hpp>

#include "client/call/attempt_handler.hpp"
#include "client/call/http_operation.hpp"
#include "client/lookup/lookup.hpp"
#include "client/policies.hpp"
#include "client/transport/transport.hpp"

namespace weir {

namespace asio = boost::asio;

namespace {

time_point call_deadline(const options& o, time_point now) {
  return o.deadline() > duration() ? after(now, o.deadline()) : never;
}

explained_request explain_as(const transport& via, const http_operation& ask, const std::string& model, bool stream) {
  const auto to = via.route(ask.what(), via.first_target(model));
  const auto request = ask.request(to, stream);
  explained_request e;
  e.provider = to.provider;
  e.model = to.model;
  e.method = request.method;
  e.url = request.to.text() + request.target;
  for (const auto& [name, value] : request.headers)
    e.headers.emplace_back(name, value);
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
    shared = o.shared() ? o.shared() : make_shared_policies(o);
    const auto layers = shared->layers(o);
    const auto lookup_layers = shared->lookup_layers(o);
    via = std::make_shared<transport>(std::move(o));
    top = stack(layers, make_attempt_handler(via));
    lookups_once = stack({lookup_layers.front()}, make_lookup_handler(via));
    lookups = stack(lookup_layers, make_lookup_handler(via));
  }

  std::shared_ptr<shared_policies> shared;
  std::shared_ptr<transport> via;
  handler_ptr top;
  handler_ptr lookups, lookups_once; // of models and endpoints; the latter without retries and waits
};

namespace {

// By value: the coroutine outlives the expression that made the call.
asio::awaitable<reply> run_call(handler_ptr top, std::shared_ptr<call> c) { co_return co_await (*top)(*c); }

asio::awaitable<reply> begin_call(std::shared_ptr<transport> via, handler_ptr top,
                                  std::shared_ptr<const http_operation> ask, std::string model, bool streamed) {
  const auto parent = scope_of(co_await asio::this_coro::executor);
  auto visit = via->enter(parent->inner());
  const auto begin = time_of(parent->inner()).now();
  const auto in = parent->child(call_deadline(via->settings(), begin));
  auto c = std::make_shared<call>(std::move(ask), via->first_target(model), in, begin);
  c->streamed = streamed;
  c->priority = in->priority();
  auto answer = co_await detail::run_in<reply>(in, run_call(std::move(top), std::move(c)),
                                               in->deadline() < parent->deadline(), false);
  co_return binding::visit::ride(std::move(visit), std::move(answer));
}

asio::awaitable<reply> begin_whole(const client::state& s, weir::chat ask) {
  auto model = ask.model();
  return begin_call(s.via, s.top, make_chat_operation(std::move(ask)), std::move(model), false);
}
asio::awaitable<reply> begin_whole(const client::state& s, weir::text_generation ask) {
  auto model = ask.model();
  return begin_call(s.via, s.top, make_generation_operation(std::move(ask)), std::move(model), false);
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
  auto model = ask.model();
  return begin_call(state_->via, state_->top, make_chat_operation(std::move(ask)), std::move(model), true);
}

asio::awaitable<reply> client::stream(weir::text_generation ask) {
  auto model = ask.model();
  return begin_call(state_->via, state_->top, make_generation_operation(std::move(ask)), std::move(model), true);
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
  return list_models(state_->via, state_->lookups, std::move(q));
}

endpoint client::endpoint(std::string url) const {
  return make_endpoint(state_->via, state_->lookups, state_->lookups_once, std::move(url));
}

asio::awaitable<reply> client::submit_any(task_request ask) {
  auto model = ask.model();
  return begin_call(state_->via, state_->top, make_task_operation(std::move(ask)), std::move(model), false);
}

asio::awaitable<std::any> client::run_any(task_request ask) { return to_the_end(submit_any(std::move(ask))); }

explained_request client::explain(const task_request& ask) const {
  return explain_as(*state_->via, *make_task_operation(ask), ask.model(), false);
}

explained_request client::explain(const weir::chat& ask, bool streamed) const {
  return explain_as(*state_->via, *make_chat_operation(ask), ask.model(), streamed);
}

explained_request client::explain(const weir::text_generation& ask, bool streamed) const {
  return explain_as(*state_->via, *make_generation_operation(ask), ask.model(), streamed);
}

connections client::pool() const noexcept {
  connections c;
  if (const auto via = state_->via->bound()) {
    const auto seen = via->pool().stats();
    c.idle = seen.idle;
    c.leased = seen.leased;
    c.connecting = seen.connecting;
    c.waiting = seen.waiting;
  }
  return c;
}

inspection client::inspect(time_point now) const {
  auto all = state_->shared->inspect(now);
  all.pool = pool();
  return all;
}

void client::close() noexcept { state_->via->close(); }

} // namespace weir
