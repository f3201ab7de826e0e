// Recorded loads. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/core/time.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::data {

/// Whose trace it is.
enum class trace_kind {
  mooncake,  ///< Mooncake's JSONL and AIPerf's superset of it: milliseconds, blocks of 512 tokens.
  bailian,   ///< Alibaba Bailian's JSONL: seconds, blocks of 16 tokens.
  burst_gpt, ///< BurstGPT's CSV: seconds; no prompts.
  azure,     ///< Azure's LLM and LMM inference traces, CSV: dates; no prompts.
};
const char* name_of(trace_kind kind) noexcept;

/// A request as it was recorded.
class trace_entry {
public:
  trace_entry() = default;
  /// Since the trace's own zero; of Azure, since 1970. Empty: `delay` after the session's entry before it has been
  /// answered.
  std::optional<duration> at;
  duration delay{};
  std::uint64_t input_tokens = 0, output_tokens = 0; ///< 0: not told.
  std::vector<std::uint64_t> blocks;                 ///< Of the prompt: equal numbers at the beginning are equal text.
  std::uint64_t block_tokens = 0;
  std::uint64_t images = 0;
  std::string session;             ///< Empty: a request of its own.
  std::optional<std::string> text; ///< The prompt itself.
  codec::json::array messages;     ///< The same as a conversation.
  codec::json::object body;        ///< The whole body, to be sent as it is.
  codec::json::array tools;
  codec::json::object extra; ///< Members to be added to the body.
};

/// Whose trace a row is of, by its members; empty if of none.
std::optional<trace_kind> trace_of(const codec::json::object& row) noexcept;

/// \throws weir::error errc::invalid_argument saying which member is wrong; the caller names the place.
trace_entry read_trace(trace_kind kind, const codec::json::object& row);

/// The text of a prompt that was recorded as lengths: of its blocks, and where there are none, one that only `seed`
/// has.
std::string prompt_of(const trace_entry& entry, std::uint64_t seed);

} // namespace weir::inline v0::data
