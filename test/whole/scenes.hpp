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

namespace weir::test {

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
  kind what;
  play set;
  options how;                ///< Where to, and as whom.
  std::string folder;         ///< Where a job's file is to be saved; nothing of it is left.
  int connections = crowd;    ///< As many stand there then.
  int requests = 0;           ///< In place of that: as many were answered.
  bool never_arrives = false; ///< The server sees nothing of it.
  bool opened = false;        ///< There is a reply by then.
  bool whole = false;         ///< Nothing of the answer is missing: ending it is no failure.
  bool large = false;         ///< The request does not fit between the two sides.
  errc clock{};               ///< The clock of a stream that runs then.
  errc refusal{};             ///< What the server had said: told by a call that has no time left to try again.
};

/// All of them, with `at` as their server.
std::vector<scene> scenes(const stage& at);

/// What a call leaves within the reach of others: its reply, while it is read.
class held {
public:
  held() = default;
  std::optional<reply> r;
};

/// Makes the call and reads its answer to the end. Without `h` the reply is the coroutine's own.
boost::asio::awaitable<void> make_call(client& c, const scene& s, std::shared_ptr<held> h);
/// In two steps, for those that have a reply.
boost::asio::awaitable<void> open_reply(client& c, const scene& s, std::shared_ptr<held> h);
boost::asio::awaitable<void> read_reply(std::shared_ptr<held> h);

} // namespace weir::test
