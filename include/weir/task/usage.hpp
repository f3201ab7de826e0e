// What a call consumed, as providers report it: absent is not the same as zero.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// What providers charge for. The units are disjoint: none is a part of another one, so their prices add up. Tokens
/// where the name says nothing else.
enum class usage_unit : std::uint8_t {
  input_text, ///< Neither read from the provider's cache nor written to it.
  input_audio,
  input_image,
  input_video,
  cache_read,        ///< Of the prompt: read from the provider's cache.
  cache_write_5m,    ///< Of the prompt: written to the cache, for five minutes …
  cache_write_1h,    ///< … for an hour …
  cache_write_other, ///< … for as long as the provider chooses.
  output_text,
  output_reasoning,
  output_audio,
  output_image,
  input_milliseconds,  ///< Of audio or video that was sent.
  output_milliseconds, ///< Of audio or video that was made.
  input_characters,    ///< Of text to be spoken or translated.
  pages,
  images,
  requests,
  searches,
};
inline constexpr std::size_t usage_unit_count = 19;

/// The stable name of a unit, for ledgers and price files: `cache_read`.
std::string_view name_of(usage_unit u) noexcept;
/// The unit of that name; empty if there is none.
std::optional<usage_unit> usage_unit_of(std::string_view name) noexcept;
/// Whether it is a part of the prompt's tokens.
constexpr bool is_input_tokens(usage_unit u) noexcept { return u <= usage_unit::cache_write_other; }
constexpr bool is_output_tokens(usage_unit u) noexcept {
  return u >= usage_unit::output_text && u <= usage_unit::output_image;
}

/// A count for each unit, absent or not.
class usage_units {
public:
  usage_units() = default;

  std::optional<std::uint64_t> operator[](usage_unit u) const noexcept {
    return has(u) ? std::optional(counts_[index(u)]) : std::nullopt;
  }
  bool has(usage_unit u) const noexcept { return (present_ >> index(u) & 1) != 0; }
  void set(usage_unit u, std::uint64_t n) noexcept {
    counts_[index(u)] = n;
    present_ |= std::uint32_t{1} << index(u);
  }
  /// An absent count is not set.
  void set(usage_unit u, std::optional<std::uint64_t> n) noexcept {
    if (n)
      set(u, *n);
  }
  void add(usage_unit u, std::uint64_t n) noexcept { set(u, (*this)[u].value_or(0) + n); }
  void clear(usage_unit u) noexcept {
    counts_[index(u)] = 0;
    present_ &= ~(std::uint32_t{1} << index(u));
  }
  bool empty() const noexcept { return present_ == 0; }

  /// The tokens of the prompt, whatever they are charged as; empty if none is counted.
  std::optional<std::uint64_t> input_tokens() const noexcept;
  std::optional<std::uint64_t> output_tokens() const noexcept;

  friend bool operator==(const usage_units&, const usage_units&) = default;

private:
  static constexpr std::size_t index(usage_unit u) noexcept { return static_cast<std::size_t>(u); }
  std::array<std::uint64_t, usage_unit_count> counts_{};
  std::uint32_t present_ = 0;
};

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

  /// The same in the units that are charged for: what is a part of a count above is subtracted from it once.
  usage_units units;
  /// The provider's counts contradict one another: a part is larger than its whole. The unit that would be negative
  /// is absent.
  bool inconsistent = false;
  /// Not reported by the provider: estimated from the request and from what arrived.
  bool estimated = false;

  bool empty() const noexcept {
    return !prompt_tokens && !completion_tokens && !total_tokens && !cached_tokens && !cache_write_tokens &&
           !reasoning_tokens && !cost && units.empty();
  }
  /// Takes the counts that `later` has and keeps the rest. A zero does not replace a count: some servers end with zeros
  /// after they have reported counts. The units of the prompt, and those of the output, are replaced together, unless
  /// the later ones say the same in less detail.
  void merge(const usage& later);

  friend bool operator==(const usage&, const usage&) = default;
};

WEIR_END_NAMESPACE
