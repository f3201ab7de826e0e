// The words a simulated model says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::sim {

enum class wording {
  plain,
  foreign, ///< Words with characters of several bytes come first.
  json,    ///< An object with one member, `answer`.
};

/// An endless readable text as tokens: an opening that mentions the prompt, then
/// a paragraph over and over.
class answer_text {
public:
  /// \param prompt the user's words; a few of them are quoted.
  explicit answer_text(std::string_view prompt, wording style = wording::plain);

  const std::string& token(std::uint64_t index) const noexcept;
  /// How many tokens make the text end with a whole sentence.
  std::uint64_t natural_length() const noexcept { return natural_length_; }
  /// The first `count` tokens joined.
  std::string text(std::uint64_t count) const;

private:
  std::vector<std::string> opening_;
  std::uint64_t natural_length_ = 0;
};

/// The first words of a text with single spaces, and dots where it goes on.
std::string beginning(std::string_view text);

/// How many words a text has: its count of tokens, here.
std::uint64_t count_words(std::string_view text) noexcept;

/// `text` as the inside of a JSON string.
std::string escaped(std::string_view text);

} // namespace weir::sim
