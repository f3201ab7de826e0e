// How many tokens the parts of a prompt count: likely, and at most. Pure.
//
// Text: a token for three bytes; four is the rule of thumb for English.
//
// At most, where the size of what is sent is all that is known:
//  - an image: 5,000 for Claude models (4,005 were measured of twelve megapixels), 48,169 for gpt-4o-mini (2,833 and
//  5,667 for
//    each of eight tiles), 16,384 for others (the default maximum of Qwen-VL's processor; OpenAI's patches of 32 × 32
//    pixels, 1.2 tokens each, make 14,364 of twelve megapixels, Gemini counts 258 for a tile of 768 × 768);
//  - sound: 32 tokens a second (Gemini; OpenAI counts 10), which takes at least 750 bytes (Opus at 6 kbit/s), or what
//    the header of a WAV file says;
//  - video: 295 tokens a second (Gemini: 263 and its sound), which takes at least 12,500 bytes (100 kbit/s);
//  - a PDF: a token a byte, and a page's 7,800 (Anthropic counts up to 3,000 for a page's text, and its image); a page
//    has seldom less than 5 KB;
//  - another file: its bytes as text;
//  - and no part more than 2,000,000, the largest context that is offered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <weir/task/chat.hpp>
#include <weir/task/media.hpp>
#include <weir/task/usage.hpp>

namespace weir::inline v0 {

std::uint64_t text_tokens(std::size_t bytes) noexcept;

/// What something that is sent counts, by what it is.
class token_count {
public:
  token_count() = default;
  usage_unit as = usage_unit::input_text;
  std::uint64_t likely = 0;
  std::uint64_t most = 0;
};
token_count count_of(const content_part& p, std::string_view model);
/// Sound, images and video that tasks take: by their bytes, or by their URL alone.
token_count count_of(const media& m, std::string_view model);

/// The longest that sound of so many bytes can be. \param begin at least its first 44 bytes, or all.
std::uint64_t most_milliseconds(std::size_t bytes, std::string_view begin) noexcept;

} // namespace weir::inline v0
