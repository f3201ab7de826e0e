// The chunks of one stream usually differ only in the text of a single string, and in what no one reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <weir/task/event.hpp>

namespace weir::inline v0::provider {

/// Remembers a chunk that was fully parsed, and reads another one without a parser if it is the same JSON text except
/// for the inside of the one string that held the event's text, and for values that mean nothing.
///
/// This is exact: equal bytes around strings of UTF-8 without quotes, backslashes and control characters make the same
/// JSON with other strings in their places (RFC 8259, section 7), and so do digits around numbers.
class chunk_template {
public:
  /// Whether the next chunk that is parsed is worth learning: a stream whose chunks never fit is tried seldom.
  bool is_eager() const noexcept { return misses_ < tries || misses_ % pause == 0; }
  /// Whether what means nothing was found to vary: chunks that are alike but for their text are matched sooner.
  bool is_loose() const noexcept { return loose_; }
  /// A chunk was parsed because none or another one is remembered.
  void missed() noexcept { loose_ = ++misses_ >= strict_tries || loose_; }

  /// `data` meant nothing but `e`, whose text is the string after the key `text`; the strings and whole numbers after
  /// the keys `loose` mean nothing. The keys are parts of `data`, as parsed. Learns nothing, and remembers what it did,
  /// if the text is written with escapes.
  void learn(std::string_view data, std::string_view text, std::span<const std::string_view> loose, const event& e);

  /// The text of a chunk like the learnt one; empty if it is not.
  std::string_view match(std::string_view data) noexcept;

  event::kind kind() const noexcept { return kind_; }
  std::uint32_t choice() const noexcept { return choice_; }

private:
  static constexpr std::size_t strict_tries = 2;
  static constexpr std::size_t tries = 4;
  static constexpr std::size_t pause = 64;

  enum class gap { text, string, number };

  class place {
  public:
    place(std::size_t begin, std::size_t size, gap what) : begin(begin), size(size), what(what) {}
    std::size_t begin, size; // in the learnt chunk
    std::size_t end = 0;     // in fixed_, of what comes before it
    gap what;
  };

  static std::optional<place> place_of(std::string_view data, std::string_view key);

  std::string fixed_; // the learnt chunk without its gaps
  std::vector<place> gaps_;
  std::size_t misses_ = 0;
  bool loose_ = false;
  event::kind kind_ = event::kind::text;
  std::uint32_t choice_ = 0;
};

} // namespace weir::inline v0::provider
