// Posts JSON from a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <weir/core/time.hpp>

#include "client/post/background.hpp"
#include "client/post/json_sender.hpp"

namespace weir::inline v0 {

/// One request to be sent.
class json_post {
public:
  json_post() = default;
  json_post(std::string target, std::string body, std::uint64_t items = 1)
      : target(std::move(target)), body(std::move(body)), items(items) {}
  std::string target;      ///< Path and query.
  std::string body;        ///< JSON.
  std::uint64_t items = 1; ///< How many things it tells of.
};

/// Where a poster gets its posts, and leaves what became of them. Called on the poster's thread, except for flush().
class post_source {
public:
  virtual ~post_source() = default;
  /// The next post; empty if there is none for now. `due`: another interval is over.
  virtual std::optional<json_post> next(bool due) noexcept = 0;
  virtual void ended(const json_post& p, const post_result& r) noexcept = 0;
  /// Everything that there is is due now.
  virtual void flush() noexcept {}
};

/// Sends what its source has, one post after the other, on a thread and over connections of its own: a receiver that
/// hangs holds up the posts behind, and nothing else.
///
/// Object lifetimes: the destructor is stop(). Thread safety: safe, but for the destructor.
class json_poster {
public:
  /// `interval`: how often the source is asked without wake(); zero: never.
  /// \throws weir::error as json_sender; errc::out_of_resources if no thread can be started.
  json_poster(post_settings s, std::shared_ptr<post_source> from, duration interval = {});
  json_poster(const json_poster&) = delete;
  json_poster& operator=(const json_poster&) = delete;
  ~json_poster() { stop(duration()); }

  /// Asks the source soon. Never blocks; nothing after stop().
  void wake() noexcept;
  /// Waits until everything that the source had at the time has been sent or given up.
  /// \returns whether it has, within `limit`.
  bool flush(duration limit) noexcept;
  /// Flushes for at most `grace`, then gives up what is left and ends the thread: see background::stop().
  void stop(duration grace) noexcept;

private:
  class core;
  std::shared_ptr<core> core_;
  std::mutex mutex_; // of whether there is a thread
  std::unique_ptr<background> thread_;
};

} // namespace weir::inline v0
