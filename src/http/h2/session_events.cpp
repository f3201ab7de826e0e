#include <cstring>
#include <new>
#include <utility>

#include "http/h2/session_events.hpp"

namespace weir::inline v0::http::h2 {

namespace {

session& of(void* user) noexcept { return *static_cast<session*>(user); }

std::string_view text(const std::uint8_t* bytes, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

constexpr std::size_t frame_head = 9;
// Fields of one response that need more CONTINUATION frames than this are over every limit.
constexpr std::size_t most_continuations = 8;

template <auto New, auto Delete, class T>
class made {
public:
  made() {
    if (New(&it) != 0)
      throw std::bad_alloc();
  }
  made(const made&) = delete;
  made& operator=(const made&) = delete;
  ~made() { Delete(it); }
  T* it = nullptr;
};

// Nothing may be thrown through the library.
template <class F>
int guarded(F f) noexcept {
  try {
    f();
    return 0;
  } catch (...) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
}

} // namespace

nghttp2_session* session::events::make_client(session* s) {
  made<nghttp2_session_callbacks_new, nghttp2_session_callbacks_del, nghttp2_session_callbacks> calls;
  nghttp2_session_callbacks_set_on_begin_headers_callback(calls.it, begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(calls.it, header);
  nghttp2_session_callbacks_set_on_invalid_header_callback(calls.it, invalid_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls.it, data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(calls.it, frame_received);
  nghttp2_session_callbacks_set_on_frame_send_callback(calls.it, frame_sent);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(calls.it, frame_not_sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(calls.it, stream_closed);
  made<nghttp2_option_new, nghttp2_option_del, nghttp2_option> option;
  nghttp2_option_set_no_auto_window_update(option.it, 1);
  nghttp2_option_set_no_closed_streams(option.it, 1);
  nghttp2_option_set_peer_max_concurrent_streams(option.it, first_capacity);
  nghttp2_option_set_max_continuations(option.it, most_continuations);
  nghttp2_session* out = nullptr;
  if (nghttp2_session_client_new2(&out, calls.it, s, option.it) != 0)
    throw std::bad_alloc();
  return out;
}

transfer* session::events::of(session& s, std::int32_t id) noexcept {
  return static_cast<transfer*>(nghttp2_session_get_stream_user_data(s.session_.get(), id));
}

ssize_t session::events::read_request(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t room,
                                      std::uint32_t* flags, nghttp2_data_source*, void* user) {
  auto* const t = of(h2::of(user), id);
  if (!t || !t->request_)
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; // it is being reset
  const auto left = std::string_view(t->request_->body).substr(t->body_sent_, room);
  std::memcpy(to, left.data(), left.size());
  t->body_sent_ += left.size();
  if (t->body_sent_ == t->request_->body.size())
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(left.size());
}

int session::events::begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  if (auto* const t = of(h2::of(user), frame->hd.stream_id); t && !t->has_failed())
    t->reader_->begin();
  return 0;
}

int session::events::header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                            std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                            void* user) {
  auto& s = h2::of(user);
  auto* const t = of(s, frame->hd.stream_id);
  if (!t || t->has_failed())
    return 0;
  return guarded([&] {
    t->reader_->field(text(name, name_size), text(value, value_size));
    if (t->reader_->refused())
      s.refuse(*t, t->reader_->refused());
  });
}

int session::events::invalid_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t*, std::size_t,
                                    const std::uint8_t*, std::size_t, std::uint8_t, void* user) {
  auto& s = h2::of(user);
  if (auto* const t = of(s, frame->hd.stream_id); t && !t->has_failed())
    s.refuse(*t, refusal(errc::malformed_response, "a field's name or value has a character that is not allowed"));
  return 0;
}

int session::events::data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                          void* user) {
  auto& s = h2::of(user);
  // One slow reader must not hold up the others: what it does not read is bounded by its own window.
  if (nghttp2_session_consume_connection(s.session_.get(), size) != 0)
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  auto* const t = of(s, id);
  if (!t || t->has_failed())
    return 0;
  return guarded([&] {
    const auto room = t->limits_.body - t->body_;
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(room, size));
    t->received_ += size;
    t->body_ += n;
    t->blocks_.append(text(bytes, n));
    s.changed(*t);
    if (n < size)
      s.refuse(*t, refusal(errc::response_too_large, "the body is over its limit"));
  });
}

void session::events::end_of_head(session& s, transfer& t, bool ends) {
  auto& reader = *t.reader_;
  const bool first = !reader.has_head();
  reader.end(ends);
  if (first && reader.has_head()) {
    t.status_ = reader.head().status;
    if (reader.refused().code == errc::unexpected_content)
      t.coding_ = reader.head().headers.get("content-encoding");
    t.head_ = std::move(reader.head());
    t.head_ready_ = !reader.refused();
    s.changed(t);
  }
  if (reader.refused())
    s.refuse(t, reader.refused());
}

void session::events::end_of_response(session& s, transfer& t) {
  t.ended_ = true;
  s.changed(t);
}

void session::events::goaway(session& s, const nghttp2_goaway& frame) noexcept {
  s.draining_ = true;
  s.calm_ = s.calm_ || frame.error_code == NGHTTP2_ENHANCE_YOUR_CALM;
  s.requires_h1_ = s.requires_h1_ || frame.error_code == NGHTTP2_HTTP_1_1_REQUIRED;
}

int session::events::frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  auto& s = h2::of(user);
  const auto& hd = frame->hd;
  if (hd.type == NGHTTP2_GOAWAY)
    goaway(s, frame->goaway);
  if (hd.type != NGHTTP2_HEADERS && hd.type != NGHTTP2_DATA && hd.type != NGHTTP2_RST_STREAM)
    return 0;
  auto* const t = of(s, hd.stream_id);
  if (!t || t->has_failed())
    return 0;
  return guarded([&] {
    t->seen_ = true;
    t->received_ += frame_head;
    t->peer_reset_ = t->peer_reset_ || hd.type == NGHTTP2_RST_STREAM;
    const bool ends = hd.type != NGHTTP2_RST_STREAM && (hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (hd.type == NGHTTP2_HEADERS) {
      t->received_ += hd.length;
      end_of_head(s, *t, ends);
    }
    if (ends && !t->has_failed())
      end_of_response(s, *t);
  });
}

int session::events::frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  auto& s = h2::of(user);
  const auto& hd = frame->hd;
  if (hd.type == NGHTTP2_GOAWAY)
    return guarded([&] { s.broken_ = text(frame->goaway.opaque_data, frame->goaway.opaque_data_len); });
  if (hd.type == NGHTTP2_DATA)
    s.floods_.data_sent();
  auto* const t = of(s, hd.stream_id);
  if (!t || (hd.type != NGHTTP2_HEADERS && hd.type != NGHTTP2_DATA))
    return 0;
  t->sent_ += frame_head + hd.length;
  const bool ends = (hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  // The frame is not part of what was produced yet.
  if (hd.type == NGHTTP2_HEADERS)
    s.head_sent_ = t;
  else if (ends)
    t->request_end_ = s.produced_ + frame_head + hd.length;
  if (ends)
    t->request_.reset();
  return 0;
}

int session::events::frame_not_sent(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
  auto& s = h2::of(user);
  if (auto* const t = of(s, frame->hd.stream_id); t && frame->hd.type == NGHTTP2_HEADERS) {
    t->unprocessed_ = true;
    s.fail(*t, errc::connection_lost, "the request was not sent");
  }
  return 0;
}

int session::events::stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
  auto& s = h2::of(user);
  if (--s.open_ == 0)
    s.alive_.ends();
  if (auto* const t = of(s, id))
    s.closed(*t, code);
  return 0;
}

} // namespace weir::inline v0::http::h2
