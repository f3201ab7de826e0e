// The text that a simulated model produces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::sim {

enum class wording {
  plain,
  foreign, ///< Starts with words that contain multi-byte characters.
  json,    ///< An object with one member, `answer`.
};

/// An endless readable text as tokens: an opening that mentions the prompt, then the same paragraph over and over.
class answer_text {
public:
  /// \param prompt the user's text; a few words of it are quoted.
  explicit answer_text(std::string_view prompt, wording style = wording::plain);

  /// A text that is exactly this and then goes on with the paragraph.
  static answer_text verbatim(const std::string& text);

  const std::string& token(std::uint64_t index) const noexcept;
  /// How many tokens make the text end at the end of a sentence.
  std::uint64_t natural_length() const noexcept { return natural_length_; }
  /// The first `count` tokens joined.
  std::string text(std::uint64_t count) const;
  /// Ends the text at the first stop sequence within its first `count` tokens: before it, or after it if `inclusive`.
  /// \returns that sequence; nothing if there is none.
  std::optional<std::string> end_at(const std::vector<std::string>& stops, std::uint64_t count, bool inclusive);

private:
  answer_text() = default;
  std::vector<std::string> opening_;
  std::uint64_t natural_length_ = 0;
};

/// Splits at multiples of a few bytes, but never inside a character.
std::vector<std::string> pieces(const std::string& text);

/// The first words of a text with single spaces, and an ellipsis if it continues.
std::string beginning(std::string_view text);

/// How many words a text has, which is its token count here.
std::uint64_t count_words(std::string_view text) noexcept;

/// `text` as the inside of a JSON string.
std::string escaped(std::string_view text);

} // namespace weir::inline v0::sim
