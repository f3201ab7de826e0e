// Files that were uploaded, and those that batches wrote.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "sim/batches/batch_time.hpp"
#include "sim/plan.hpp"

namespace weir::inline v0::sim {

/// Bytes shared by a file and the batches that read it.
using shared_text = std::shared_ptr<const std::string>;

class stored_file {
public:
  stored_file() = default;
  std::string id;
  std::string name;
  std::string purpose;
  std::string type; ///< As the client named it; may be empty.
  wall_time created;
  std::optional<wall_time> expires;
  shared_text content;  ///< Never null once it is in a store.
  bool pending = false; ///< Announced; its bytes have not been uploaded.
};

/// Oldest first. Bounded by bytes and by number; files are deleted by their owner.
class file_store {
public:
  explicit file_store(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  /// Whether so many more bytes are within the limit.
  bool has_room(std::uint64_t bytes) const noexcept;
  /// Keeps a file, whatever it takes: ask has_room() first. An empty id gets a new one: `PREFIX` and a number.
  stored_file& add(stored_file f, std::string_view prefix);
  stored_file* find(std::string_view id) noexcept;
  /// Replaces a file's bytes.
  void fill(stored_file& f, std::string content);
  bool erase(std::string_view id) noexcept;
  const std::deque<stored_file>& all() const noexcept { return files_; }

  /// Bytes kept elsewhere that count against the same limit.
  void hold(std::uint64_t bytes) noexcept { held_ += bytes; }
  void release(std::uint64_t bytes) noexcept { held_ -= bytes < held_ ? bytes : held_; }
  std::uint64_t bytes() const noexcept { return held_; }

private:
  std::uint64_t most_bytes_;
  std::uint64_t held_ = 0;
  std::uint64_t made_ = 0;
  std::deque<stored_file> files_;
};

/// A file's bytes as a response; large ones are sent in chunks, without a copy.
plan content_plan(shared_text content, std::string_view type);

} // namespace weir::inline v0::sim
