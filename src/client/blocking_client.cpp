#include <weir/client/blocking_client.hpp>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include "client/worker_group.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace detail {

class blocking_thread::state {
public:
  explicit state(options o) : worker(std::move(o), 1) {}

  std::atomic<std::thread::id> id; // of the worker's thread, once it has run anything
  worker_group worker;
};

namespace {

asio::awaitable<void> told(asio::awaitable<void> body, std::shared_ptr<std::promise<void>> end) {
  std::exception_ptr why;
  try {
    co_await std::move(body);
  } catch (...) {
    why = std::current_exception();
  }
  if (why)
    end->set_exception(why);
  else
    end->set_value();
}

asio::awaitable<void> nothing() { co_return; }

} // namespace

blocking_thread::blocking_thread(options o) : state_(std::make_unique<state>(std::move(o))) {}
blocking_thread::~blocking_thread() = default;

void blocking_thread::wait(std::function<asio::awaitable<void>(client&)> body) {
  if (state_->id.load() == std::this_thread::get_id())
    throw error(errc::wrong_executor, "a blocking_client was called on its own thread, where it would wait for itself: "
                                      "observers and callbacks must not call it");
  std::future<void> ended;
  {
    auto end = std::make_shared<std::promise<void>>();
    ended = end->get_future();
    state_->worker.spawn([body = std::move(body), end = std::move(end), &id = state_->id](client& c) {
      id = std::this_thread::get_id();
      return told(body(c), end);
    });
  }
  ended.get();
}

void blocking_thread::destroy(std::unique_ptr<reply> r) noexcept {
  try {
    const auto kept = std::make_shared<std::unique_ptr<reply>>(std::move(r));
    state_->worker.spawn([kept](client&) {
      kept->reset();
      return nothing();
    });
  } catch (...) {
    // If there is no memory it is destroyed here, the one case in which that is not on its own thread.
  }
}

} // namespace detail

namespace {

asio::awaitable<void> open_into(asio::awaitable<reply> opening, std::unique_ptr<reply>& out) {
  auto r = co_await std::move(opening);
  out = std::make_unique<reply>(std::move(r));
}

asio::awaitable<void> next_of(reply& r, std::optional<event>& out) { out = co_await r.next(); }

asio::awaitable<void> rest_of(std::unique_ptr<reply>& r, completion& out) {
  out = co_await weir::collect(std::move(*r));
  r.reset();
}

asio::awaitable<void> run(const std::function<void()>& what) {
  what();
  co_return;
}

} // namespace

blocking_reply::blocking_reply(std::shared_ptr<detail::blocking_thread> thread, std::unique_ptr<reply> r) noexcept
    : thread_(std::move(thread)), reply_(std::move(r)) {}

blocking_reply& blocking_reply::operator=(blocking_reply&& other) noexcept {
  if (this != &other) {
    drop();
    thread_ = std::move(other.thread_);
    reply_ = std::move(other.reply_);
  }
  return *this;
}

blocking_reply::~blocking_reply() { drop(); }

void blocking_reply::drop() noexcept {
  if (reply_)
    thread_->destroy(std::move(reply_));
}

std::optional<event> blocking_reply::next() {
  std::optional<event> e;
  thread_->wait([&](client&) { return next_of(*reply_, e); });
  return e;
}

completion blocking_reply::collect() && {
  completion all;
  thread_->wait([&](client&) { return rest_of(reply_, all); });
  return all;
}

template <class T>
T blocking_reply::read(std::function<T(reply&)> what) const {
  std::optional<T> out;
  const std::function<void()> there = [&] { out.emplace(what(*reply_)); };
  thread_->wait([&](client&) { return run(there); });
  return std::move(*out);
}

void blocking_reply::cancel() {
  read<bool>([](reply& r) {
    r.cancel();
    return true;
  });
}

weir::outcome blocking_reply::outcome() const {
  return read<weir::outcome>([](reply& r) { return r.outcome(); });
}
weir::failure blocking_reply::failure() const {
  return read<weir::failure>([](reply& r) { return r.failure(); });
}
weir::usage blocking_reply::usage() const {
  return read<weir::usage>([](reply& r) { return r.usage(); });
}
std::string blocking_reply::finish_reason() const {
  return read<std::string>([](reply& r) { return r.finish_reason(); });
}
answer_info blocking_reply::info() const {
  return read<answer_info>([](reply& r) { return r.info(); });
}
weir::attempt blocking_reply::attempt() const {
  return read<weir::attempt>([](reply& r) { return r.attempt(); });
}
std::any blocking_reply::result() {
  std::any out;
  const std::function<void()> there = [&] { out = std::exchange(reply_->result(), std::any()); };
  thread_->wait([&](client&) { return run(there); });
  return out;
}

blocking_client::blocking_client(options o) : thread_(std::make_shared<detail::blocking_thread>(std::move(o))) {}

blocking_reply blocking_client::open(const std::function<asio::awaitable<reply>(client&)>& opening) {
  std::unique_ptr<reply> r;
  thread_->wait([&](client& c) { return open_into(opening(c), r); });
  return blocking_reply(thread_, std::move(r));
}

blocking_reply blocking_client::stream(weir::chat ask) {
  return open([&ask](client& c) { return c.stream(std::move(ask)); });
}
blocking_reply blocking_client::stream(weir::text_generation ask) {
  return open([&ask](client& c) { return c.stream(std::move(ask)); });
}
blocking_reply blocking_client::submit_any(task_request ask) {
  return open([&ask](client& c) { return c.submit_any(std::move(ask)); });
}
std::vector<model_info> blocking_client::models(model_query q) {
  return wait_for<std::vector<model_info>>([&](client& c) { return c.models(std::move(q)); });
}

} // namespace weir::inline v0
