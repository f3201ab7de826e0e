// How the simulated batch APIs behave.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <weir/core/time.hpp>

namespace weir::inline v0::sim {

class batch_settings {
public:
  batch_settings() = default;

  // The life of a batch. A fault or a cancellation changes it.
  duration validate = std::chrono::milliseconds(200);
  duration run = std::chrono::seconds(1); ///< In which its lines are answered, one after the other.
  duration finalize = std::chrono::milliseconds(200);

  /// Batches whose unfinished lines have more prompt tokens than this, for one model, fail with token_limit_exceeded. A
  /// token is four bytes of a line. Empty: no ceiling.
  std::optional<std::uint64_t> tokens;
  /// A batch with more lines, or more bytes, is refused. Empty: each provider's own limit.
  std::optional<std::uint64_t> lines, bytes;
  /// What all files and answers together may occupy. An upload beyond it gets a 507, a line's answer becomes an error.
  std::uint64_t storage = std::uint64_t(2) << 30;
};

} // namespace weir::inline v0::sim
