// One request and its response within a session.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/h2/body_blocks.hpp"
#include "http/h2/head_reader.hpp"
#include "http/message/types.hpp"

namespace weir::inline v0::http::h2 {

class session;

/// Filled by its session; see session::open().
/// Object lifetimes: must not be destroyed while the session knows it: see session::leave().
class transfer {
public:
  explicit transfer(const reader_limits& limits) : limits_(limits), reader_(std::make_unique<head_reader>(limits)) {}
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  /// Whether the final head is there; take_head() once.
  bool has_head() const noexcept { return head_ready_; }
  response_head take_head() noexcept { return std::move(head_); }
  /// Of the final head, even if the response is refused for its content coding; 0 before.
  int status() const noexcept { return status_; }
  /// The response has ended, or broken off: what there is of its body is there.
  bool over() const noexcept { return ended_ || has_failed(); }
  /// Whether take() has something to tell.
  bool is_readable() const noexcept { return over() || !blocks_.empty(); }
  /// The whole response has come.
  bool ended() const noexcept { return ended_; }

  bool has_failed() const noexcept { return failed_ != errc{}; }
  /// Why; errc{} if it has not.
  errc failure() const noexcept { return failed_; }
  /// A sentence on that.
  const std::string& problem() const noexcept { return problem_; }
  /// The `content-encoding` of a response that was refused for it.
  const std::string& coding() const noexcept { return coding_; }
  /// The server has surely not begun to work on the request: it can be sent to another connection, whatever it asks
  /// for.
  bool unprocessed() const noexcept { return unprocessed_; }

  /// Whether the server may have seen the request, as far as can be told: not if the connection was idle before, broke,
  /// and nothing came after it.
  bool seen() const noexcept { return seen_; }
  std::uint64_t bytes_sent() const noexcept { return sent_; }
  std::uint64_t bytes_received() const noexcept { return received_; }

private:
  friend class session;

  static constexpr std::uint64_t nowhere = UINT64_MAX;

  reader_limits limits_;
  std::int32_t id_ = 0; // 0: not of a session (any more)
  int status_ = 0;
  errc failed_{};
  bool ended_ = false;   // by the peer
  bool closed_ = false;  // for both sides
  bool waiting_ = false; // in the session's list of those that changed
  bool unprocessed_ = false;
  bool head_ready_ = false;
  bool peer_reset_ = false;
  bool bodiless_ = false;
  bool request_sent_ = false; // set when the session forgets it
  bool seen_ = false;
  bool was_idle_ = false;   // the connection, before
  std::uint64_t heard_ = 0; // by the session, before
  std::uint64_t body_ = 0;  // bytes that came
  std::uint64_t sent_ = 0, received_ = 0;
  std::uint64_t head_end_ = nowhere;       // where in all that the session sends the request's head ends,
  std::uint64_t request_end_ = nowhere;    // and the request
  std::shared_ptr<const request> request_; // until it was sent
  std::size_t body_sent_ = 0;
  std::unique_ptr<head_reader> reader_;
  response_head head_;
  body_queue blocks_;
  std::string problem_;
  std::string coding_;
  transfer* prev_ = nullptr; // in the session's list of all
  transfer* next_ = nullptr;
  transfer* next_changed_ = nullptr;
};

} // namespace weir::inline v0::http::h2
