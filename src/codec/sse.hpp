// Server-sent events by the WHATWG rules (HTML, section 9.2.6), without I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <weir/core/error.hpp>

namespace weir::codec {

/// One dispatched event. The views are valid until the next call on the decoder.
class sse_event {
public:
  sse_event() = default;
  std::string_view type; ///< Empty where the stream named none ("message").
  std::string_view data; ///< Lines joined by LF, invalid UTF-8 replaced by U+FFFD.
};

/// Decodes a byte stream into events at any split of its bytes.
///
///     decoder.feed(bytes);
///     while (decoder.next(event)) …;
///     if (decoder.failed()) …
///
/// Nothing is decoded before it is asked for. feed() keeps a view of `bytes`: they
/// must live until next() has returned false (what is unfinished is then copied).
class sse_decoder {
public:
  static constexpr std::size_t max_line = 8u << 20;
  static constexpr std::size_t max_event = 16u << 20;

  void feed(std::string_view bytes);
  /// Gives the next whole event; false if more bytes are needed or the stream failed.
  /// An event without data is not dispatched. An unterminated one at the end is dropped.
  bool next(sse_event& out);

  /// Set once a line or event is over its limit (errc::response_too_large).
  error_code failed() const noexcept;
  /// Counts every line that was not part of a dispatched event: comments and pings.
  /// A change tells that the peer is alive.
  std::size_t comments() const noexcept;
  /// The last event id that took effect.
  const std::string& last_id() const noexcept;
  /// Whether bytes of an unfinished event are held.
  bool mid_event() const noexcept;
};

} // namespace weir::codec
