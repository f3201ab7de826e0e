// Recorded loads. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

/// What is known of a prompt that was recorded without its text.
class prompt_shape {
public:
  prompt_shape() = default;
  std::uint64_t input_tokens = 0;    ///< 0: not told.
  std::vector<std::uint64_t> blocks; ///< Of the prompt: equal numbers at the beginning are equal text.
  std::uint64_t block_tokens = 0;
};

/// A request as it was recorded.
class trace_entry : public prompt_shape {
public:
  trace_entry() = default;
  /// Since the trace's own zero; of dates, since 1970. Empty: `delay` after the session's entry before it has been
  /// answered.
  std::optional<duration> at;
  duration delay{};
  std::uint64_t output_tokens = 0; ///< 0: not told.
  std::uint64_t images = 0;
  bool failed = false;             ///< It was not answered.
  std::string session;             ///< Empty: a request of its own.
  bool whole = false;              ///< Has what was said in its session before it.
  std::optional<std::string> text; ///< The prompt itself.
  codec::json::array messages;     ///< The same as a conversation.
  codec::json::object body;        ///< The whole body, to be sent as it is.
  codec::json::array tools;
  codec::json::object extra; ///< Members to be added to the body.
};

/// Whose trace a row is of, by its members; empty if of none.
std::optional<trace_kind> trace_of(const codec::json::object& row) noexcept;

/// A time: a number of `unit` seconds, or a date. Empty if the row does not have it. \throws as read_trace().
std::optional<duration> time_at(const codec::json::object& row, std::string_view key, double unit);

/// \throws weir::error errc::invalid_argument saying which member is wrong; the caller names the place.
trace_entry read_trace(trace_kind kind, const codec::json::object& row);

/// The text of such a prompt: of its blocks, and where there are none, one that only `seed` has.
std::string prompt_of(const prompt_shape& shape, std::uint64_t seed);

} // namespace weir::inline v0::data
