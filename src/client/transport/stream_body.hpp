// The body of an answer to a streamed call: what it is, told from its first bytes, and its pieces.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/framing/ndjson.hpp"
#include "codec/framing/sse.hpp"

namespace weir::inline v0 {

/// Labels lie: an event stream comes as JSON or text, one JSON object as an event stream, and a page of HTML as
/// anything. The label only decides what the bytes do not.
///
///     body.feed(piece); … while (body.next(frame)) …; … at the end: body.end(); if (body.last(frame)) …
///
/// The pieces are kept as views: each must live until next() has returned false.
class stream_body {
public:
  enum class form {
    undecided,
    events,
    lines,      ///< JSON, an object a line.
    whole,      ///< One JSON text: held().
    unreadable, ///< A page or text: held() has its beginning.
  };

  explicit stream_body(std::string_view content_type);

  /// The content type is not one that an API uses: whoever opens the answer waits for its first event.
  bool is_doubtful() const noexcept { return label_ == label::other; }
  form what() const noexcept { return form_; }
  bool is_whole() const noexcept { return form_ == form::whole; }

  /// \pre next() has returned false. False if held() would have to be larger than `limit`.
  bool feed(std::string_view piece, std::size_t limit);
  void end();
  bool next(codec::sse_event& frame) {
    return form_ == form::events ? sse_.next(frame) : form_ == form::lines && lines_.next(frame.data);
  }
  /// A last line or event without its end, if it is whole: what a cut left of one says nothing.
  bool last(codec::sse_event& frame);
  /// The beginning of what stands in an event stream without any form.
  std::string_view stray() const noexcept {
    return form_ == form::events ? std::string_view(sse_.stray()) : std::string_view();
  }
  error_code failed() const noexcept { return form_ == form::lines ? lines_.failed() : sse_.failed(); }

  /// Reading on would not tell more about a body that cannot be understood.
  bool is_hopeless() const noexcept { return form_ == form::unreadable && held_.size() >= enough; }
  const std::string& held() const noexcept { return held_; }

private:
  enum class label { events, lines, json, none, other };
  static constexpr std::size_t enough = 8u << 10;

  static label read(std::string_view content_type) noexcept;
  form decide() const;
  form by_label() const noexcept;
  bool another_line();
  void become(form f);

  label label_;
  form form_ = form::undecided;
  codec::sse_decoder sse_;
  codec::ndjson_splitter lines_;
  std::string held_; // what has come of a body that is undecided, whole or unreadable
  // Of JSON that may be one object or a line of many: what was looked at, so that nothing is looked at twice.
  std::size_t looked_ = 0;
  std::size_t line_end_ = std::string::npos;
};

} // namespace weir::inline v0
