// The chunks of one stream usually differ only in the text of a single string.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <weir/task/event.hpp>

namespace weir::inline v0::provider {

/// Remembers a chunk that was fully parsed, and reads another one without a parser if it is the same JSON text except
/// for the inside of the one string that held the event's text.
///
/// This is exact: equal bytes around a string without quotes, backslashes and control characters make the same JSON
/// with one string in place of the other (RFC 8259, section 7).
class chunk_template {
public:
  /// `data` held the member `key` as a string whose value is all of `e`'s text, and meant nothing but `e`. Learns
  /// nothing if the string cannot be located for certain: escapes, or a second member `key`.
  void learn(std::string_view data, std::string_view key, const event& e);

  /// The text of a chunk like the learnt one; nullptr data if it is not.
  std::string_view match(std::string_view data) const noexcept;

  event::kind kind() const noexcept { return kind_; }
  std::uint32_t choice() const noexcept { return choice_; }

private:
  std::string before_; // up to and including the string's opening quote
  std::string after_;  // from its closing quote
  event::kind kind_ = event::kind::text;
  std::uint32_t choice_ = 0;
};

} // namespace weir::inline v0::provider
