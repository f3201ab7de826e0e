#include <weir/client/client.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>

#include <weir/core/within.hpp>

#include "client/reply_state.hpp"
#include "client/wire.hpp"

namespace weir {

namespace asio = boost::asio;

namespace {

/// What differs between the tasks.
class chat_task {
public:
  using request = chat;
  using result = completion;
  static constexpr auto what = provider::task::chat;
  static http::request encode(const chat& ask, const provider::route& to, bool stream) {
    return provider::encode_chat(ask, to, stream);
  }
  static std::unique_ptr<provider::decoder> decoder(const provider::route&, std::size_t answers) {
    return provider::chat_decoder(answers);
  }
  static std::size_t answers(const chat& ask) { return static_cast<std::size_t>(std::max<std::int64_t>(1, ask.n().value_or(1))); }
  static completion decode(const provider::route&, std::string_view body) { return provider::decode_chat(body); }
};

class generation_task {
public:
  using request = text_generation;
  using result = generation;
  static constexpr auto what = provider::task::text_generation;
  static http::request encode(const text_generation& ask, const provider::route& to, bool stream) {
    return provider::encode_generation(ask, to, stream);
  }
  static std::unique_ptr<provider::decoder> decoder(const provider::route& to, std::size_t) {
    return provider::generation_decoder(to);
  }
  static std::size_t answers(const text_generation&) { return 1; }
  static generation decode(const provider::route& to, std::string_view body) {
    return provider::decode_generation(to, body);
  }
};

time_point call_deadline(const options& o, time_point now) {
  return o.deadline() > duration() ? after(now, o.deadline()) : never;
}

// The route's extra headers and what the task's encoder made, as one request.
template <class Task>
http::request make_request(const typename Task::request& ask, const provider::route& to, bool stream) {
  auto request = Task::encode(ask, to, stream);
  if (!request.headers.has("accept"))
    request.headers.add("accept", stream ? "text/event-stream" : "application/json");
  return request;
}

template <class Task>
asio::awaitable<open_call> begin_call(std::shared_ptr<wire> home, typename Task::request ask, bool stream,
                                      std::shared_ptr<attempt> record, time_point begin) {
  auto to = co_await home->mapped_route(Task::what, ask.model());
  auto request = make_request<Task>(ask, to, stream);
  http::reader_limits limits;
  limits.body = stream ? http::reader_limits::no_limit : plain_body_limit;
  const auto answer_limit = stream ? home->settings().first_token() : duration();
  auto call = co_await home->open(std::move(to), std::move(request), limits, answer_limit, std::move(record), begin);
  if (call.head.status / 100 != 2) {
    // Not in one expression: g++ 12 destroys a thrown temporary twice if it awaits inside.
    const auto why = co_await refusal(std::move(call));
    throw error(why);
  }
  co_return call;
}

template <class Task>
asio::awaitable<reply> open_stream(std::shared_ptr<wire> home, typename Task::request ask) {
  const auto ex = co_await asio::this_coro::executor;
  const auto begin = time_of(ex).now();
  auto in = scope_of(ex)->child(call_deadline(home->settings(), begin));
  auto record = std::make_shared<attempt>();
  const auto answers = Task::answers(ask);
  auto call = co_await detail::run_in<open_call>(in, begin_call<Task>(home, std::move(ask), true, record, begin),
                                                 in->deadline() != never, false);
  auto decoder = Task::decoder(call.to, answers);
  auto made = std::make_shared<reply::state>(home, std::move(in), std::move(call), std::move(decoder),
                                             std::move(record), begin);
  made->begin();
  co_return reply(std::move(made));
}

template <class Task>
asio::awaitable<typename Task::result> ask_whole(std::shared_ptr<wire> home, typename Task::request ask,
                                                 time_point begin) {
  auto record = std::make_shared<attempt>();
  auto call = co_await begin_call<Task>(home, std::move(ask), false, record, begin);
  const auto body = co_await read_body(call, plain_body_limit);
  auto result = Task::decode(call.to, body);
  if (result.outcome == outcome::failed || result.outcome == outcome::in_band_error)
    throw error(provider::without_key(result.failure, call.to));
  co_return result;
}

template <class Task>
asio::awaitable<typename Task::result> call_whole(std::shared_ptr<wire> home, typename Task::request ask) {
  const auto begin = time_of(co_await asio::this_coro::executor).now();
  const auto until = call_deadline(home->settings(), begin);
  co_return co_await within(until, ask_whole<Task>(home, std::move(ask), begin));
}

template <class Task>
explained_request explain_as(const wire& home, const typename Task::request& ask, bool stream) {
  const auto to = home.route(Task::what, ask.model());
  const auto request = make_request<Task>(ask, to, stream);
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
  explicit state(options o) : home(std::make_shared<wire>(std::move(o))) {}
  std::shared_ptr<wire> home;
};

client::client(options o) : state_(std::make_shared<state>(std::move(o))) {}
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

asio::awaitable<reply> client::stream(weir::chat ask) { return open_stream<chat_task>(state_->home, std::move(ask)); }

asio::awaitable<reply> client::stream(weir::text_generation ask) {
  return open_stream<generation_task>(state_->home, std::move(ask));
}

asio::awaitable<completion> client::chat(weir::chat ask) { return call_whole<chat_task>(state_->home, std::move(ask)); }

asio::awaitable<generation> client::text_generation(weir::text_generation ask) {
  return call_whole<generation_task>(state_->home, std::move(ask));
}

explained_request client::explain(const weir::chat& ask, bool streamed) const {
  return explain_as<chat_task>(*state_->home, ask, streamed);
}

explained_request client::explain(const weir::text_generation& ask, bool streamed) const {
  return explain_as<generation_task>(*state_->home, ask, streamed);
}

client::connections client::pool() const noexcept {
  connections c;
  if (const auto* pool = state_->home->pool_if_made()) {
    const auto seen = pool->stats();
    c.idle = seen.idle;
    c.leased = seen.leased;
    c.connecting = seen.connecting;
    c.waiting = seen.waiting;
  }
  return c;
}

void client::close() noexcept {
  if (auto* pool = state_->home->pool_if_made())
    pool->close();
}

} // namespace weir
