// What nghttp2 tells a session.
#pragma once

#include "http/h2/session.hpp"

namespace weir::inline v0::http::h2 {

/// The library's callbacks. They never fail, unless the session is to end: what a stream's failure leaves behind in the
/// library is no concern of theirs. None of them sends.
class session::events {
public:
  /// \throws std::bad_alloc
  static nghttp2_session* make_client(session* s);
  /// Gives the library the next piece of a request's body.
  static ssize_t read_request(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t room,
                              std::uint32_t* flags, nghttp2_data_source*, void* user);

  static transfer* of(session& s, std::int32_t id) noexcept;

private:
  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t flags, void* user);
  static int invalid_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                            std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                            std::uint8_t flags, void* user);
  static int data(nghttp2_session*, std::uint8_t flags, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                  void* user);
  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int frame_not_sent(nghttp2_session*, const nghttp2_frame* frame, int why, void* user);
  static int stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user);

  static void end_of_head(session& s, transfer& t, bool ends);
  static void end_of_response(session& s, transfer& t);
  static void goaway(session& s, const nghttp2_goaway& frame) noexcept;
};

} // namespace weir::inline v0::http::h2
