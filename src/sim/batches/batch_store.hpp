// The batches and files of a server.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "codec/json/json.hpp"
#include "sim/batches/batch.hpp"
#include "sim/batches/batch_settings.hpp"
#include "sim/batches/file_store.hpp"
#include "sim/plan.hpp"

namespace weir::inline v0::sim {

/// What the live endpoint at `path` answers to a body.
using line_answer = std::function<plan(std::string_view path, codec::json::value body)>;

/// A dataset of Fireworks: files under a name.
class dataset {
public:
  dataset() = default;
  std::string name; ///< `accounts/A/datasets/ID`
  std::string display_name;
  wall_time created;
  bool ready = false;
  std::map<std::string, std::string> files; ///< Names, and ids in the store.
};

/// Batches, oldest first; beyond a thousand the oldest is dropped. All connections of a server share it.
///
/// A batch is worked on when somebody looks at it: what should have happened by then happens at once, up to a thousand
/// lines. If there are more, work() answers them, so that one batch does not keep a server from all other requests.
/// Thread safety: none; a server has one thread.
class batch_store {
public:
  explicit batch_store(const batch_settings& how) : files(how.storage), how_(how) {}

  file_store files;
  std::map<std::string, dataset> datasets; ///< By name.

  /// Reads a batch's input and notes what is wrong with it. Protocols that refuse a batch at once call it before
  /// begin(), which otherwise does.
  void read(batch& b, wall_time now) const;
  /// Starts a batch. An empty id gets a new one with the prefix.
  batch& begin(batch b, wall_time now, std::string_view id_prefix);
  /// Adds requests to a batch that has not ended; its life begins anew.
  void extend(batch& b, std::string_view jsonl, wall_time now);
  batch* find(std::string_view id) noexcept;
  bool erase(std::string_view id) noexcept;
  std::deque<batch>& all() noexcept { return batches_; }

  /// Answers the lines that are due, and writes the results of a batch that has ended.
  void advance(batch& b, wall_time now, const line_answer& answer);
  void advance_all(wall_time now, const line_answer& answer);
  /// Whether there is something for work().
  bool behind() const noexcept;
  /// Answers a few of the lines that were due when somebody last looked. \return whether there are more.
  bool work(const line_answer& answer);

  std::uint64_t created() const noexcept { return created_; }
  std::uint64_t lines_answered() const noexcept { return answered_; }
  /// The counts, and every batch with its state.
  codec::json::value told(wall_time now) const;

private:
  void answer_line(batch& b, const line_answer& answer);
  void write(batch& b, batch_phase end);
  void drop(batch& b);
  std::uint64_t enqueued(const batch& like, wall_time now) const noexcept;

  batch_settings how_;
  std::deque<batch> batches_;
  std::uint64_t created_ = 0, answered_ = 0, failed_ = 0, repeated_ = 0;
  std::unordered_set<std::uint64_t> seen_; ///< Hashes of the lines that were answered well.
};

} // namespace weir::inline v0::sim
