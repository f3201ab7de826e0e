// Server-sent events by the WHATWG rules (HTML, section 9.2.6), without I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <weir/core/error.hpp>

namespace weir::inline v0::codec {

/// One dispatched event. The views are valid until the next call on the decoder, and
/// no longer than the bytes that were fed.
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
/// Nothing is decoded before next() is called. feed() keeps a view of `bytes`: they must live until next() has returned
/// false (what is unfinished is then copied), and only then may more be fed. An event that lies entirely in the fed
/// bytes, on one `data` line, is not copied.
///
/// Beyond the rules, because servers do it: a field `error` is an event of that type whose data is the field's value; a
/// line that is a JSON object, without a field's name, is an event of its own; and so is a line of data that begins an
/// object, or is `[DONE]`, after a line that ended an object.
class sse_decoder {
public:
  /// Bytes of a line without its end.
  static constexpr std::size_t max_line = 8u << 20;
  /// Bytes of an event: data, type and id as decoded.
  static constexpr std::size_t max_event = 16u << 20;
  /// Bytes of stray() that are kept.
  static constexpr std::size_t max_stray = 4096;

  /// \pre next() has returned false since the last feed().
  void feed(std::string_view bytes);
  /// Returns the next complete event; false if more bytes are needed or the stream failed. An event without data is not
  /// dispatched. An unterminated one at the end is dropped.
  bool next(sse_event& out);
  /// After the last bytes of a body: returns the event that no blank line ended. Whether it is complete is for the
  /// caller to decide: the rules drop it. \pre next() has returned false.
  bool finish(sse_event& out);

  /// Set once a line or event is over its limit (errc::response_too_large). Events before it have been returned;
  /// nothing follows.
  error_code failed() const noexcept { return failed_; }
  /// Counts the lines that carry nothing of an event: comments, unknown fields, `retry`, and blank lines that dispatch
  /// nothing. A change shows that the peer is alive.
  std::size_t comments() const noexcept { return comments_; }
  /// The beginning of the lines that are neither a field nor a comment: perhaps what a failing server wrote into its
  /// stream.
  const std::string& stray() const noexcept { return stray_; }
  /// The last event id that took effect.
  const std::string& last_id() const noexcept { return last_id_; }
  /// Whether bytes of an unfinished line or event are held. Meaningful once next() has
  /// returned false.
  bool mid_event() const noexcept { return open_ || !line_.empty(); }

private:
  enum class where { fed, held };

  std::size_t line_end() noexcept;
  void let_go() noexcept;
  void take(std::string_view line, where bytes);
  bool take_object(std::string_view line, where bytes);
  bool begins_another(std::string_view line) const noexcept;
  void keep_stray(std::string_view line);
  void add_data(std::string_view value, where bytes);
  void check_size() noexcept;
  void hold();
  bool dispatch(sse_event& out);
  void fail() noexcept;

  std::string_view view_;                        // What was fed last,
  std::size_t pos_ = 0;                          // up to where it is consumed,
  std::size_t next_lf_ = std::string_view::npos; // and the first LF and CR not before pos_: searched for
  std::size_t next_cr_ = std::string_view::npos; // once each, or a stream of bare CRs would take quadratic time.

  std::string line_; // The start of a line whose end has not been fed yet.
  std::string data_; // The data buffer, where it could not stay a view.
  std::string_view fed_data_;
  std::string type_;
  std::string id_; // The last id field; takes effect at the blank line.
  std::string last_id_;
  std::string stray_;
  std::string next_data_; // A line that begins the event after the one that was returned.
  std::size_t comments_ = 0;
  error_code failed_;
  bool has_data_ = false;
  bool owns_data_ = false; // The data is in data_, not in fed_data_.
  bool has_id_ = false;
  bool open_ = false;       // A field was read since the last blank line.
  bool dispatched_ = false; // The event returned last still occupies the buffers.
  bool after_cr_ = false;   // A LF now belongs to the line end before it.
  bool first_line_ = true;  // A BOM may be here.
};

} // namespace weir::inline v0::codec
