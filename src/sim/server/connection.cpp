#include "sim/server/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>

#include <weir/core/time.hpp>

namespace weir::inline v0::sim {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

// g++ 12.2 lays out the frame of a coroutine wrongly if it awaits in a condition and declares no variable in its body:
// the resume pointer is then not first. Every coroutine here that awaits in a condition therefore declares one.

constexpr auto no_throw = asio::as_tuple(asio::deferred);
/// Lives in the frame of every idle connection.
constexpr std::size_t read_bytes = 4u << 10;

std::string_view reason(int status) {
  switch (status) {
  case 200: return "OK";
  case 201: return "Created";
  case 202: return "Accepted";
  case 302: return "Found";
  case 307: return "Temporary Redirect";
  case 400: return "Bad Request";
  case 401: return "Unauthorized";
  case 402: return "Payment Required";
  case 403: return "Forbidden";
  case 404: return "Not Found";
  case 405: return "Method Not Allowed";
  case 409: return "Conflict";
  case 413: return "Content Too Large";
  case 422: return "Unprocessable Content";
  case 429: return "Too Many Requests";
  case 431: return "Request Header Fields Too Large";
  case 500: return "Internal Server Error";
  case 502: return "Bad Gateway";
  case 503: return "Service Unavailable";
  case 504: return "Gateway Timeout";
  case 507: return "Insufficient Storage";
  default: return "Simulated";
  }
}

void append_chunk_size(std::string& out, std::size_t size) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, size, 16).ptr;
  out.append(digits, end).append("\r\n");
}

// What a provider says to one request too many.
void refuse_for_rate(plan& p) {
  p = plan();
  p.status = 429;
  p.headers = {{"content-type", "application/json"}, {"retry-after", "1"}};
  p.body = R"({"error":{"message":"Too many requests: the simulated provider is at its limit.",)"
           R"("type":"rate_limit_error","code":"rate_limit_exceeded"}})";
}

} // namespace

connection::connection(tcp::socket socket, std::shared_ptr<household> house, std::unique_ptr<transport> wire,
                       greeting hello)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), house_(std::move(house)), wire_(std::move(wire)),
      hello_(hello) {
  ++house_->seen->connections_accepted;
  ++house_->seen->connections_open;
}

connection::~connection() {
  house_->pace->remove(*this);
  --house_->seen->connections_open;
}

void connection::close() noexcept {
  closed_ = true;
  error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
}

asio::awaitable<void> connection::run() {
  if (!co_await handshake()) {
    if (!closed_)
      ++house_->seen->handshakes_failed;
    close();
    co_return;
  }
  for (;;) {
    auto received = co_await receive();
    if (!received)
      break;
    ++house_->seen->requests;
    auto p = house_->mind.respond(*received, time_of(socket_.get_executor()).wall());
    house_->count_batches();
    if (house_->on_behind && house_->mind.batches().behind())
      house_->on_behind();
    const bool keep_alive = received->keep_alive;
    received.reset();
    if (!co_await perform(std::move(p), keep_alive))
      break;
  }
  if (!closed_)
    wire_->goodbye();
  close();
}

asio::awaitable<bool> connection::handshake() {
  const auto begin = clock::now() + hello_.handshake_delay;
  if (!co_await sleep_until(begin))
    co_return false;
  for (;;) {
    const auto step = wire_->handshake();
    if (step.state == progress::done)
      co_return true;
    if (!co_await ready(step.state))
      co_return false;
  }
}

asio::awaitable<std::optional<request>> connection::receive() {
  request_reader reader(house_->how.max_head, house_->how.max_body);
  char buffer[read_bytes];
  for (;;) {
    in_.erase(0, reader.feed(in_));
    if (reader.done())
      co_return reader.take();
    if (reader.refusal() != 0) {
      plan p;
      p.status = reader.refusal();
      co_await perform(std::move(p), false);
      co_return std::nullopt;
    }
    const auto step = wire_->read(buffer);
    if (step.state == progress::done)
      in_.append(buffer, step.bytes);
    else if (!co_await ready(step.state))
      co_return std::nullopt;
  }
}

void connection::tell_completed(const plan& p) const {
  if (!house_->how.on_completed)
    return;
  for (const auto& [name, value] : p.headers)
    if (name == "x-request-id")
      house_->how.on_completed(value, p.status);
}

/// Carries out a plan; false if it ends the connection.
asio::awaitable<bool> connection::perform(plan p, bool keep_alive) {
  busy_ = true;
  watch();
  if (p.answer == answering::hang_up) {
    close();
    co_return false;
  }
  bool whole = false;
  std::shared_ptr<seats::guest> me;
  bool served = true;
  if (p.answer == answering::normally && p.status == 200 && p.is_answer) {
    me = std::make_shared<seats::guest>(house_->places, [this] { timer_.cancel(); });
    if (!limit(p) || !house_->places->enter(*me))
      refuse_for_rate(p);
    else
      served = co_await seated(me);
  }
  if (!served) {
    // Its peer has gone while it waited.
  } else if (p.answer == answering::never) {
    whole = co_await outlast_peer();
  } else {
    body_sent_ = 0;
    write_head(p, keep_alive);
    if (p.events)
      whole = co_await send_stream(p);
    else
      whole = co_await send_whole(p);
  }
  busy_ = false;
  if (gone_ && !whole)
    ++house_->seen->cancelled_by_peer;
  if (whole) {
    ++house_->seen->answers_completed;
    tell_completed(p);
  }
  co_return whole&& keep_alive && !p.close_after && p.frame != framing::until_close && !gone_;
}

// Until it is served. The guest wakes the timer.
asio::awaitable<bool> connection::seated(std::shared_ptr<seats::guest> me) {
  while (!house_->places->may_begin(*me)) {
    if (gone_ || closed_)
      co_return false;
    timer_.expires_at(clock::time_point::max());
    co_await timer_.async_wait(no_throw);
  }
  co_return !gone_ && !closed_;
}

// Whether the request keeps within the rate; of one that does, its first token is slow in a slow start.
bool connection::limit(plan& p) {
  const auto now = clock::now();
  if (!house_->requests.lets_through(now - house_->begun))
    return false;
  if (!house_->first_request)
    house_->first_request = now;
  p.first = slowed(p.first, now - *house_->first_request, house_->how.capacity);
  return true;
}

connection::clock::time_point connection::after_stalls(clock::time_point due) const {
  return house_->begun + after_stall(due - house_->begun, house_->how.capacity);
}

asio::awaitable<bool> connection::send_whole(plan& p) {
  const auto due = after_stalls(clock::now() + p.first);
  if (!co_await sleep_until(due))
    co_return false;
  event_ = std::move(p.body);
  if (!co_await send_piece(p))
    co_return false;
  co_return co_await send_end(p);
}

asio::awaitable<bool> connection::send_end(plan& p) {
  if (p.frame == framing::chunked)
    out_.append("0\r\n\r\n");
  co_return co_await flush();
}

/// Stays silent until the peer gives up. Never succeeds.
asio::awaitable<bool> connection::outlast_peer() {
  const auto limit = clock::now() + house_->how.idle_limit;
  co_await sleep_until(limit);
  co_return false;
}

/// Waits until a transport operation can be retried.
asio::awaitable<bool> connection::ready(progress why) {
  if (why == progress::ended || why == progress::failed)
    gone_ = true;
  if (gone_ || closed_)
    co_return false;
  patience_ = clock::now() + house_->how.idle_limit;
  const auto direction = why == progress::want_read ? tcp::socket::wait_read : tcp::socket::wait_write;
  const auto [ec] = co_await socket_.async_wait(direction, no_throw);
  patience_ = clock::time_point::max();
  co_return !ec && !closed_ && !gone_;
}

/// False if the peer or the server has closed the connection meanwhile.
asio::awaitable<bool> connection::sleep_until(clock::time_point when) {
  if (gone_ || closed_)
    co_return false;
  if (when <= clock::now())
    co_return true;
  timer_.expires_at(when);
  co_await timer_.async_wait(no_throw);
  co_return !gone_ && !closed_;
}

/// Writes what is staged if the socket accepts all of it now: the usual case, which then costs no coroutine.
bool connection::try_flush() {
  while (!out_.empty()) {
    const auto step = wire_->write(out_);
    if (step.state != progress::done)
      return false;
    if (step.bytes == out_.size())
      out_.clear();
    else
      out_.erase(0, step.bytes);
  }
  return true;
}

asio::awaitable<bool> connection::flush() {
  while (!out_.empty()) {
    const auto step = wire_->write(out_);
    if (step.state == progress::done)
      out_.erase(0, step.bytes);
    else if (!co_await ready(step.state))
      co_return false;
  }
  co_return !gone_ && !closed_;
}

void connection::write_head(const plan& p, bool keep_alive) {
  out_.append("HTTP/1.1 ").append(std::to_string(p.status)).append(" ").append(reason(p.status)).append("\r\n");
  for (const auto& [name, value] : p.headers)
    out_.append(name).append(": ").append(value).append("\r\n");
  if (p.frame == framing::chunked)
    out_.append("transfer-encoding: chunked\r\n");
  if (p.frame == framing::length)
    out_.append("content-length: ").append(std::to_string(p.body.size())).append("\r\n");
  out_.append(keep_alive && p.frame != framing::until_close ? "connection: keep-alive\r\n" : "connection: close\r\n");
  out_.append("\r\n");
}

/// Puts part of the body in the output; false if the plan breaks off inside it.
bool connection::stage(const plan& p, std::string_view body) {
  bool intact = true;
  auto announced = body.size();
  if (p.breaks && body.size() > p.breaks->after - body_sent_) {
    intact = false;
    body = body.substr(0, p.breaks->after - body_sent_);
    if (p.breaks->kind != break_kind::in_chunk)
      announced = body.size();
  }
  body_sent_ += body.size();
  if (announced == 0)
    return intact;
  if (p.frame == framing::chunked)
    append_chunk_size(out_, announced);
  out_.append(body);
  if (p.frame == framing::chunked && body.size() == announced)
    out_.append("\r\n");
  return intact;
}

/// Notices a peer that disconnects while its response is due, even when nothing is being written. One wait per
/// response; it outlives the response and is then ignored.
void connection::watch() {
  if (watching_ || closed_)
    return;
  watching_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code ec) {
    self->watching_ = false;
    if (ec || self->closed_ || !self->busy_)
      return;
    switch (self->wire_->look()) {
    case progress::done: break; // The next request, early: read after this response.
    case progress::want_read:
    case progress::want_write: self->watch(); break;
    case progress::ended:
    case progress::failed:
      self->gone_ = true;
      self->timer_.cancel();
      break;
    }
  });
}

} // namespace weir::inline v0::sim
