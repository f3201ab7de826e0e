// The client's side of an HTTP/2 connection, without I/O: bytes in, bytes out, and what becomes of the requests.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <weir/core/time.hpp>

#include "http/h2/floods.hpp"
#include "http/h2/frame_heads.hpp"
#include "http/h2/liveness.hpp"
#include "http/h2/transfer.hpp"

namespace weir::inline v0::http::h2 {

/// What a session grants its peer.
class session_settings {
public:
  session_settings() = default;
  std::uint32_t stream_window = 512u << 10; ///< Of each stream: what a reader that does not read makes this side hold.
  std::uint32_t connection_window = 16u << 20;
  std::size_t head = reader_limits().head; ///< MAX_HEADER_LIST_SIZE
  /// Requests at a time, if the peer allows more or does not say.
  std::uint32_t most_streams = 1000;
  liveness_limits alive;
};

/// Runs requests on one connection, over nghttp2.
///
///     s.open(t, request, now); … write s.output(), s.written(n);
///     s.receive(bytes, now);   … while (auto* t = s.next_changed()) look_at(*t);
///
/// After each call output() may have more. The window of the connection is credited as bytes arrive and that of a
/// stream as its reader takes them, so that a slow reader holds no more than its window and delays nobody.
///
/// A peer that breaks the protocol, floods this side with frames that carry nothing (PING, SETTINGS, RST_STREAM,
/// WINDOW_UPDATE, PRIORITY, empty DATA, unknown ones, CONTINUATION) or falls silent ends the session: all its transfers
/// fail, and say why.
///
/// Object lifetimes: transfers are the caller's. Thread safety: none.
class session {
public:
  /// Before the peer's SETTINGS (RFC 9113, section 6.5.2).
  static constexpr std::uint32_t first_capacity = 100;
  /// What output() holds at most, beyond the heads of requests.
  static constexpr std::size_t most_output = 64u << 10;

  explicit session(session_settings settings = session_settings());
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session();

  /// Starts a request; its head is part of output() at once. A session that takes no more requests fails the transfer
  /// as unprocessed.
  /// \throws weir::error as http::check(); the transfer is unchanged.
  void open(transfer& t, std::shared_ptr<const request> r, time_point now);
  /// The next piece of the body, valid until the next call for this transfer; nothing if there is none now.
  std::optional<std::string_view> take(transfer& t) noexcept;
  /// The caller is not interested any more: what is not over is reset. The transfer may be destroyed afterwards.
  void leave(transfer& t) noexcept;

  /// Whether the whole request was written.
  bool request_sent(const transfer& t) const noexcept { return t.request_sent_ || written_ >= t.request_end_; }

  void receive(std::string_view bytes, time_point now) noexcept;
  /// What is to be sent now; the view is valid until the next call of anything else.
  std::string_view output() noexcept;
  /// Whether output() may have something.
  bool wants_output() const noexcept {
    return output_.size() > output_taken_ || nghttp2_session_want_write(session_.get()) != 0;
  }
  /// The first `n` bytes of output() were sent.
  void written(std::size_t n) noexcept;
  /// The transport takes bytes again, after it took none.
  void unblocked(time_point now) noexcept { alive_.sent(now); }
  /// The transport has ended: orderly, or by an error.
  void lost(std::string_view why) noexcept { end(errc::connection_lost, why); }

  /// One that has a head, more of its body or an end since it was last returned; null if there is none.
  transfer* next_changed() noexcept;
  /// How many transfers may be open at a time; 0 if no new one may be opened.
  std::size_t capacity() const noexcept;
  /// Streams that are not closed: of those that were left, too, until the reset is part of output().
  std::size_t open_transfers() const noexcept { return open_; }
  bool has_transfers() const noexcept { return first_ != nullptr; }
  /// Nothing more can come of it: the transport is to be closed.
  bool over() const noexcept { return over_; }
  /// Whether it ended because its peer fell silent.
  bool fell_silent() const noexcept { return silent_; }
  /// Whether the server said that a request needs HTTP/1.1.
  bool requires_h1() const noexcept { return requires_h1_; }

  /// When tick() is to be called; `never` while nothing is open.
  time_point next_event() const noexcept { return over_ ? never : alive_.next(); }
  void tick(time_point now) noexcept;

private:
  class events;
  friend class events;

  void end(errc code, std::string_view why, std::string_view detail = {}) noexcept;
  bool takes_another() const noexcept;
  void fail(transfer& t, errc code, std::string_view why, std::string_view detail = {}) noexcept;
  void refuse(transfer& t, const refusal& why) noexcept;
  void reset(std::int32_t id, std::uint32_t code) noexcept;
  void changed(transfer& t) noexcept;
  void unchanged(transfer& t) noexcept;
  void closed(transfer& t, std::uint32_t code) noexcept;
  void forget(transfer& t) noexcept;
  void feed(std::string_view bytes) noexcept;
  std::string_view flood() noexcept;
  void pump() noexcept;
  bool produce();
  void look_for_end() noexcept;

  class deleter {
  public:
    void operator()(nghttp2_session* s) const noexcept { nghttp2_session_del(s); }
  };

  session_settings settings_;
  std::unique_ptr<nghttp2_session, deleter> session_;
  liveness alive_;
  frame_heads heads_;
  flood_limits floods_;
  std::string output_;
  std::size_t output_taken_ = 0;
  std::uint64_t produced_ = 0, written_ = 0; // bytes in all
  std::uint64_t heard_ = 0;
  std::uint64_t late_ = 0; // bytes that may still come for streams that nobody reads
  time_point now_{};
  transfer* first_ = nullptr;
  transfer* changed_ = nullptr;
  transfer* changed_last_ = nullptr;
  transfer* head_sent_ = nullptr; // by the frame that was produced last
  std::size_t open_ = 0;
  std::string broken_;    // which rule it broke
  bool draining_ = false; // after GOAWAY
  bool calm_ = false;     // which asked for it
  bool requires_h1_ = false;
  bool silent_ = false;
  bool over_ = false;
};

} // namespace weir::inline v0::http::h2
