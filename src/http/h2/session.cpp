#include <algorithm>
#include <new>
#include <utility>

#include "http/h2/request_head.hpp"
#include "http/h2/session.hpp"
#include "http/h2/session_events.hpp"

namespace weir::inline v0::http::h2 {

namespace {

// More is given back after use.
constexpr std::size_t kept_output = 1u << 10;
constexpr std::string_view no_memory = "there is no memory for the connection";
constexpr std::string_view flooded = "the server floods the connection with frames that carry nothing";

void require(int result) {
  if (result != 0)
    throw std::bad_alloc();
}

} // namespace

session::session(session_settings settings)
    : settings_(settings), session_(events::make_client(this)), alive_(settings.alive) {
  const nghttp2_settings_entry entries[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings_.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(settings_.head)},
  };
  require(nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, entries, std::size(entries)));
  require(nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0,
                                                static_cast<std::int32_t>(settings_.connection_window)));
}

session::~session() {
  // Closing the streams of a session that is destroyed tells nobody: whoever is left was told before.
  while (first_)
    forget(*first_);
}

void session::open(transfer& t, std::shared_ptr<const request> r, time_point now) {
  const request_head head(*r);
  t.was_idle_ = open_ == 0;
  t.heard_ = heard_;
  if (!takes_another()) {
    t.unprocessed_ = true;
    return fail(t, errc::connection_lost, "the connection takes no more requests");
  }
  nghttp2_data_provider body;
  body.source.ptr = nullptr;
  body.read_callback = events::read_request;
  const auto id = nghttp2_submit_request(session_.get(), nullptr, head.fields().data(), head.fields().size(),
                                         r->body.empty() ? nullptr : &body, &t);
  if (id < 0) {
    t.unprocessed_ = true;
    return end(errc::out_of_resources, no_memory);
  }
  t.id_ = id;
  t.bodiless_ = r->body.empty();
  t.request_ = std::move(r);
  t.next_ = first_;
  if (first_)
    first_->prev_ = &t;
  first_ = &t;
  if (open_++ == 0)
    alive_.begins(now);
  try {
    // The library has not copied what it refers to.
    while (t.head_end_ == transfer::nowhere && !t.over() && produce())
      ;
  } catch (const std::bad_alloc&) {
    end(errc::out_of_resources, no_memory);
  }
}

std::optional<std::string_view> session::take(transfer& t) noexcept {
  if (!t.blocks_.empty()) {
    const auto piece = t.blocks_.take();
    if (t.id_ != 0 && !t.closed_ && !over_ && nghttp2_session_consume_stream(session_.get(), t.id_, piece.size()) != 0)
      end(errc::out_of_resources, no_memory);
    return piece;
  }
  t.blocks_.let_go();
  if (t.ended_)
    return std::string_view();
  return std::nullopt;
}

void session::leave(transfer& t) noexcept {
  t.blocks_.clear();
  if (t.waiting_)
    unchanged(t);
  if (t.id_ == 0)
    return;
  if (!t.closed_ && !over_) {
    nghttp2_session_set_stream_user_data(session_.get(), t.id_, nullptr);
    reset(t.id_, NGHTTP2_CANCEL);
    if (!t.ended_)
      late_ += settings_.stream_window;
  }
  forget(t);
}

void session::receive(std::string_view bytes, time_point now) noexcept {
  if (over_)
    return;
  now_ = now;
  heard_ += bytes.size();
  alive_.heard(now);
  while (!bytes.empty() && !over_) {
    const auto n = heads_.next(bytes);
    if (const auto what = heads_.complete() ? flood() : std::string_view(); !what.empty()) {
      end(errc::malformed_response, flooded, what);
    } else {
      feed(bytes.substr(0, n));
      // A stream that broke a rule ends with its reset: before what follows is looked at.
      if (!over_ && nghttp2_session_want_write(session_.get()) != 0)
        pump();
    }
    bytes.remove_prefix(n);
  }
}

void session::feed(std::string_view bytes) noexcept {
  const auto r =
      nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (r >= 0)
    return;
  if (r == NGHTTP2_ERR_FLOODED || r == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS)
    end(errc::malformed_response, flooded, r == NGHTTP2_ERR_FLOODED ? "PING or SETTINGS" : "CONTINUATION");
  else if (r == NGHTTP2_ERR_NOMEM || r == NGHTTP2_ERR_CALLBACK_FAILURE)
    end(errc::out_of_resources, no_memory);
  else
    end(errc::malformed_response, "the server does not speak HTTP/2");
}

// What the peer floods this side with, if the frame that begins is one too many.
std::string_view session::flood() noexcept {
  const auto type = heads_.type();
  const bool empty = heads_.length() == 0;
  switch (type) {
  case NGHTTP2_PING: return floods_.pings.allows(now_) ? "" : "PING";
  case NGHTTP2_SETTINGS: return floods_.settings.allows(now_) ? "" : "SETTINGS";
  case NGHTTP2_WINDOW_UPDATE: return floods_.allows_update(now_) ? "" : "WINDOW_UPDATE";
  case NGHTTP2_CONTINUATION:
  case NGHTTP2_GOAWAY: return ""; // the library limits the one; the other is the end
  case NGHTTP2_DATA:
    if (empty && (heads_.flags() & NGHTTP2_FLAG_END_STREAM) == 0)
      return floods_.empty.allows(now_) ? "" : "empty DATA";
    break;
  case NGHTTP2_HEADERS:
  case NGHTTP2_RST_STREAM: break;
  default: return floods_.others.allows(now_) ? "" : "frames that mean nothing to a client";
  }
  if (events::of(*this, heads_.id()))
    return "";
  // A peer that has not seen a reset yet may send a window's worth of data.
  if (type != NGHTTP2_DATA || empty)
    return floods_.others.allows(now_) ? "" : "frames of streams that are not open";
  if (late_ < heads_.length())
    return "data of streams that were reset";
  late_ -= heads_.length();
  return "";
}

std::string_view session::output() noexcept {
  pump();
  return std::string_view(output_).substr(output_taken_);
}

void session::pump() noexcept {
  try {
    while (output_.size() - output_taken_ < most_output && produce())
      ;
  } catch (const std::bad_alloc&) {
    end(errc::out_of_resources, no_memory);
  }
  look_for_end();
}

// Appends the next frame to the output; false if there is none now.
bool session::produce() {
  const std::uint8_t* data = nullptr;
  const auto n = nghttp2_session_mem_send(session_.get(), &data);
  if (n < 0)
    end(errc::out_of_resources, no_memory);
  if (n <= 0)
    return false;
  output_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(n));
  produced_ += static_cast<std::size_t>(n);
  if (auto* const t = std::exchange(head_sent_, nullptr)) {
    t->head_end_ = produced_;
    if (t->bodiless_)
      t->request_end_ = produced_;
  }
  return true;
}

void session::written(std::size_t n) noexcept {
  // Heads hold keys.
  cleanse(output_.data() + output_taken_, n);
  output_taken_ += n;
  written_ += n;
  if (output_taken_ < output_.size())
    return;
  output_taken_ = 0;
  output_.clear();
  if (output_.capacity() > kept_output)
    output_ = std::string();
}

// The library itself ends a session whose peer broke a rule, once its GOAWAY is out, or that is drained.
void session::look_for_end() noexcept {
  if (over_ || nghttp2_session_want_read(session_.get()) != 0)
    return;
  if (draining_ && open_ == 0)
    over_ = true;
  else
    end(errc::malformed_response, "the server broke a rule of HTTP/2", broken_);
}

void session::end(errc code, std::string_view why, std::string_view detail) noexcept {
  if (over_)
    return;
  over_ = true;
  alive_.ends();
  while (first_) {
    auto& t = *first_;
    t.unprocessed_ = t.unprocessed_ || (code == errc::connection_lost && written_ < t.head_end_);
    fail(t, code, why, detail);
    forget(t);
  }
}

void session::fail(transfer& t, errc code, std::string_view why, std::string_view detail) noexcept {
  if (t.over())
    return;
  t.failed_ = code;
  t.seen_ = t.seen_ || !t.was_idle_ || silent_ || heard_ != t.heard_;
  try {
    t.problem_ = why;
    if (!detail.empty())
      t.problem_.append(": ").append(detail);
  } catch (const std::bad_alloc&) {
    t.problem_.clear();
  }
  changed(t);
}

// The response is not acceptable.
void session::refuse(transfer& t, const refusal& why) noexcept {
  fail(t, why.code, why.problem);
  reset(t.id_, NGHTTP2_PROTOCOL_ERROR);
}

void session::reset(std::int32_t id, std::uint32_t code) noexcept {
  if (nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, code) != 0)
    end(errc::out_of_resources, no_memory);
}

void session::closed(transfer& t, std::uint32_t code) noexcept {
  t.closed_ = true;
  if (!t.ended_ && !t.peer_reset_)
    late_ += settings_.stream_window; // which is on its way, perhaps
  if (code == NGHTTP2_HTTP_1_1_REQUIRED)
    requires_h1_ = true;
  // Refused by a reset, or by a GOAWAY that did not count the stream.
  if (!t.over() && (code == NGHTTP2_REFUSED_STREAM || code == NGHTTP2_HTTP_1_1_REQUIRED)) {
    t.unprocessed_ = true;
    fail(t, errc::connection_lost,
         calm_ ? "the server ends the connection and did not process the request: it asks for fewer at a time"
               : "the server did not process the request");
  } else if (!t.over() && code == NGHTTP2_PROTOCOL_ERROR && !t.peer_reset_) {
    fail(t, errc::malformed_response, "the response breaks a rule of HTTP/2");
  } else if (!t.over()) {
    fail(t, errc::connection_lost, "the server reset the stream", nghttp2_http2_strerror(code));
  }
  forget(t);
}

// The transfer is no part of the session any more; what it has of the response stays.
void session::forget(transfer& t) noexcept {
  if (t.id_ == 0)
    return;
  t.request_sent_ = request_sent(t);
  t.request_.reset();
  t.id_ = 0;
  (t.prev_ ? t.prev_->next_ : first_) = t.next_;
  if (t.next_)
    t.next_->prev_ = t.prev_;
  t.next_ = t.prev_ = nullptr;
}

void session::changed(transfer& t) noexcept {
  if (std::exchange(t.waiting_, true))
    return;
  t.next_changed_ = nullptr;
  (changed_ ? changed_last_->next_changed_ : changed_) = &t;
  changed_last_ = &t;
}

void session::unchanged(transfer& t) noexcept {
  t.waiting_ = false;
  transfer* before = nullptr;
  for (auto* i = changed_; i != &t; i = i->next_changed_)
    before = i;
  (before ? before->next_changed_ : changed_) = t.next_changed_;
  if (changed_last_ == &t)
    changed_last_ = before;
}

transfer* session::next_changed() noexcept {
  auto* const t = changed_;
  if (t) {
    changed_ = t->next_changed_;
    t->waiting_ = false;
  }
  return t;
}

std::size_t session::capacity() const noexcept {
  if (over_ || draining_ || nghttp2_session_check_request_allowed(session_.get()) == 0)
    return 0;
  return std::min(settings_.most_streams,
                  nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
}

bool session::takes_another() const noexcept { return open_ < capacity(); }

void session::tick(time_point now) noexcept {
  if (over_)
    return;
  switch (alive_.check(now)) {
  case liveness::verdict::well: break;
  case liveness::verdict::ask:
    if (nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr) != 0)
      end(errc::out_of_resources, no_memory);
    break;
  case liveness::verdict::dead:
    silent_ = true;
    end(errc::connection_lost, "the server fell silent, and did not answer a PING either");
  }
}

} // namespace weir::inline v0::http::h2
