// What a connection should do with one request: the decision, without the socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/core/time.hpp>

namespace weir::inline v0::sim {

enum class piece {
  end,   ///< Nothing follows.
  token, ///< Sent when its turn comes.
  extra, ///< Sent along with its neighbour: the role, usage, `[DONE]`.
};

/// The body of a stream, piece by piece.
class event_source {
public:
  virtual ~event_source() = default;
  /// Replaces `event` with the next piece, unless it is the end.
  virtual piece next(std::string& event) = 0;
};

enum class framing { length, chunked, until_close };

enum class break_kind {
  orderly,  ///< Closes the connection as if the response were complete.
  reset,    ///< TCP RST.
  in_chunk, ///< Ends inside a chunk and without close_notify.
};

class breakage {
public:
  breakage(break_kind kind, std::uint64_t after) : kind(kind), after(after) {}
  break_kind kind;
  std::uint64_t after; ///< Bytes of the body.
};

enum class answering {
  normally,
  never,   ///< The connection stays open and silent.
  hang_up, ///< The connection is closed at once.
};

class plan {
public:
  plan() = default;

  answering answer = answering::normally;
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  /// Either the complete body, or (if there is a source) nothing.
  std::string body;
  std::unique_ptr<event_source> events;
  /// An error inside the stream, in this protocol's form; empty: in OpenAI's.
  std::string error_event;
  bool lines = false; ///< The stream is JSON lines, not events.

  framing frame = framing::length;
  duration first{};
  duration gap{};
  std::function<duration()> next_gap; ///< In place of gap, where gaps vary.

  bool is_answer = false;   ///< A model works for it: it takes a place, and counts for the limits of a capacity.
  bool close_after = false; ///< Closes although the head promises keep-alive.
  std::optional<breakage> breaks;
  std::optional<std::uint64_t> stall_after; ///< Tokens.
  bool split_characters = false;
};

} // namespace weir::inline v0::sim
