// Every point of a call at which it can be ended.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/client/client.hpp>

#include "whole/stage.hpp"

namespace weir::inline v0::test {

enum class kind {
  stream,
  announced,
  plain,
  job,
  run_job,
  submit,
  task,
  input,
  models,
  pages,
  info,
  health,
  tokens,
  hub
};

/// How many calls are made at a time.
inline constexpr int crowd = 2;

/// One point of one kind of call.
class scene {
public:
  scene(std::string name, kind what, play p) : name(std::move(name)), what(what), set(std::move(p)) {}

  std::string name;
  bool direct = false; ///< Not played through a front that speaks HTTP/2.
  kind what;
  play set;
  options how;                ///< Server and credentials.
  std::string folder;         ///< Where a job's file is saved; nothing of it may be left.
  int connections = crowd;    ///< Number of connections at that point.
  int requests = 0;           ///< Instead of that: number of answered requests.
  bool never_arrives = false; ///< The server sees nothing of it.
  bool opened = false;        ///< The reply exists by then.
  bool whole = false;         ///< The answer is complete: ending it is no failure.
  bool large = false;         ///< The request does not fit into the socket buffers.
  errc clock{};               ///< The error of the stream timeout that runs then.
  errc refusal{};             ///< The server's refusal, reported by a call without time for a retry.
};

/// All of them, with `at` as their server.
std::vector<scene> scenes(const stage& at);

/// What others can reach of a call: its reply, while it is read.
class held {
public:
  held() = default;
  std::optional<reply> r;
};

/// Makes the call and reads its answer to the end. Without `h` the reply is the coroutine's own.
boost::asio::awaitable<void> make_call(client& c, const scene& s, std::shared_ptr<held> h);
/// The same in two steps, for calls with a reply.
boost::asio::awaitable<void> open_reply(client& c, const scene& s, std::shared_ptr<held> h);
boost::asio::awaitable<void> read_reply(std::shared_ptr<held> h);

} // namespace weir::inline v0::test
