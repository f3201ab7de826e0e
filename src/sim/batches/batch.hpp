// A batch: its lines, its life, and what has become of it by a moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/json.hpp"
#include "sim/batches/batch_input.hpp"
#include "sim/batches/file_store.hpp"
#include "sim/faults/fault.hpp"

namespace weir::inline v0::sim {

/// Whose protocol a batch was made in.
enum class batch_vendor { openai, novita, together, mistral, anthropic, gemini, fireworks, xai, openrouter };
std::string_view name_of(batch_vendor v) noexcept;

enum class batch_phase { validating, failed, running, finalizing, completed, expired, cancelling, cancelled };
std::string_view name_of(batch_phase p) noexcept; ///< As OpenAI calls it.
bool is_terminal(batch_phase p) noexcept;

/// Where its results can be read.
enum class result_place {
  two_files, ///< Good and bad apart.
  one_file,
  held, ///< In the batch: its protocol has no files.
};

/// What the lines cost, as their answers tell it.
class batch_usage {
public:
  batch_usage() = default;
  /// Adds that of an answer in any dialect.
  void add(const codec::json::value& answer) noexcept;
  std::uint64_t input = 0, cached = 0, output = 0, reasoning = 0;
};

/// The answer to a line.
class line_outcome {
public:
  line_outcome() = default;
  std::size_t line = 0; ///< Its index.
  std::uint64_t serial = 0;
  int status = 200;
  std::string body;
  bool good() const noexcept { return status < 400; }
};

/// The code of a batch that was refused because of the tokens that are enqueued.
inline constexpr std::string_view token_limit = "token_limit_exceeded";

class batch {
public:
  batch() = default;

  std::string id;
  batch_vendor vendor = batch_vendor::openai;
  std::string endpoint;
  std::string model;
  std::string input_file;
  codec::json::value metadata;
  codec::json::object extra;    ///< What else its protocol echoes.
  codec::json::object defaults; ///< Members of each body that has none of that name.
  result_place place = result_place::two_files;
  input_form form;
  shared_text input; ///< Null once it has ended.
  batch_input content;

  wall_time created;
  duration validate{}, run{}, finalize{};
  std::optional<wall_time> cancel_asked;
  wall_time looked_at; ///< When somebody last did.
  std::vector<fault> faults;

  std::vector<line_outcome> outcomes; ///< In the order of the input; empty once they are written.
  std::uint64_t answered = 0, succeeded = 0, failed = 0;
  batch_usage usage;
  bool written = false;
  std::string output_file, error_file; ///< Empty: there is none.
  shared_text results;                 ///< JSONL, where they are held.

  const fault* has(fault_kind kind) const noexcept;
  bool refused() const noexcept { return !content.problems.empty(); }
  /// Whether it was refused because too much is enqueued: it can be made later.
  bool out_of_tokens() const noexcept { return refused() && content.problems.front().code == token_limit; }

  wall_time runs_at() const noexcept { return created + validate; }
  wall_time finalizes_at() const noexcept { return runs_at() + run; }
  /// When it reaches the state it stays in.
  wall_time ends_at() const noexcept;
  /// By the time, but it runs, or is being cancelled, for as long as lines that are due have not been answered.
  batch_phase phase(wall_time now) const noexcept;
  /// Whether lines were due when somebody last looked that have not been answered.
  bool behind() const noexcept { return answered < due(looked_at); }
  bool ended(wall_time now) const noexcept { return is_terminal(phase(now)); }

  /// How many lines are answered by a moment.
  std::size_t due(wall_time now) const noexcept;
  /// Whether a fault makes this line fail.
  bool spoils(std::size_t line) const noexcept;
  /// Lines that nobody will answer any more: it expired or was cancelled.
  std::uint64_t left_over() const noexcept { return content.lines.size() - answered; }
  /// Whether its counts stay 0.
  bool hides_counts() const noexcept { return has(fault_kind::batch_counts_zero) != nullptr; }
};

} // namespace weir::inline v0::sim
