// Token counts as providers report them: absent is not the same as zero.
#pragma once

#include <cstdint>
#include <optional>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// What a call consumed, as far as the provider said. A count that was never sent
/// is absent, so that a ledger can tell "free" from "unknown".
struct usage {
  usage() = default;

  std::optional<std::uint64_t> prompt_tokens;
  std::optional<std::uint64_t> completion_tokens;
  std::optional<std::uint64_t> total_tokens;
  /// Part of prompt_tokens that was read from the provider's cache.
  std::optional<std::uint64_t> cached_tokens;
  /// Part of prompt_tokens that was written to the provider's cache.
  std::optional<std::uint64_t> cache_write_tokens;
  /// Part of completion_tokens that was reasoning.
  std::optional<std::uint64_t> reasoning_tokens;
  /// What the provider says the call cost, in USD.
  std::optional<double> cost;

  bool empty() const noexcept {
    return !prompt_tokens && !completion_tokens && !total_tokens && !cached_tokens && !cache_write_tokens &&
           !reasoning_tokens && !cost;
  }
  /// Takes the counts that `later` has and keeps the rest. A zero does not replace a count: some servers end with zeros
  /// after they have reported counts.
  void merge(const usage& later);

  friend bool operator==(const usage&, const usage&) = default;
};

WEIR_END_NAMESPACE
