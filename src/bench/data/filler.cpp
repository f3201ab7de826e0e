#include "bench/data/filler.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include <weir/core/random.hpp>

#include "core/stable_hash.hpp"

namespace weir::inline v0::data {

namespace {

// Frequent English words. Their order is part of what a seed means.
constexpr std::array<std::string_view, 128> words = {
    " the",     " of",      " and",      " to",    " in",     " is",    " was",   " for",    " that",    " on",
    " with",    " as",      " by",       " at",    " from",   " this",  " be",    " are",    " have",    " which",
    " not",     " one",     " had",      " but",   " all",    " were",  " when",  " there",  " can",     " more",
    " time",    " would",   " about",    " other", " some",   " into",  " could", " them",   " see",     " than",
    " first",   " made",    " people",   " only",  " over",   " new",   " after", " also",   " many",    " before",
    " must",    " years",   " where",    " much",  " way",    " well",  " down",  " should", " because", " each",
    " just",    " state",   " good",     " very",  " make",   " world", " still", " own",    " work",    " long",
    " here",    " get",     " both",     " life",  " being",  " under", " never", " day",    " same",    " another",
    " know",    " while",   " last",     " might", " great",  " old",   " year",  " off",    " come",    " since",
    " against", " go",      " came",     " right", " used",   " take",  " three", " small",  " place",   " part",
    " large",   " house",   " found",    " high",  " water",  " few",   " hand",  " light",  " side",    " city",
    " form",    " line",    " open",     " point", " number", " group", " fact",  " body",   " book",    " table",
    " system",  " program", " question", " power", " order",  " air",   " story", " field"};

// A word that is copied in one step: prompts of 100,000 tokens are made between two requests.
class padded_word {
public:
  constexpr padded_word() = default;
  constexpr explicit padded_word(std::string_view word) : size_(static_cast<unsigned char>(word.size())) {
    std::copy(word.begin(), word.end(), text_.begin());
  }
  std::size_t put(char* to) const noexcept {
    std::memcpy(to, text_.data(), text_.size());
    return size_;
  }
  static constexpr std::size_t room = 15;

private:
  std::array<char, room> text_{};
  unsigned char size_ = 0;
};

constexpr auto padded_words = [] {
  std::array<padded_word, words.size()> all;
  std::transform(words.begin(), words.end(), all.begin(), [](std::string_view word) { return padded_word(word); });
  return all;
}();

} // namespace

void append_filler(std::string& to, std::uint64_t seed, std::uint64_t tokens) {
  random_source random(seed);
  std::array<char, 4096> piece;
  std::size_t used = 0;
  for (std::uint64_t i = 0; i < tokens; ++i) {
    if (used + padded_word::room > piece.size())
      to.append(piece.data(), std::exchange(used, 0));
    used += padded_words[random.next() >> 57].put(piece.data() + used);
  }
  to.append(piece.data(), used);
}

void append_numbered_filler(std::string& to, std::uint64_t seed, std::uint64_t number, std::uint64_t tokens) {
  const auto told = std::min<std::uint64_t>(tokens, 4); // words that tell the number, 7 bits each
  // An odd factor takes numbers of so many bits to different ones.
  const auto code = number * 0x9e3779b97f4a7c15 + mixed(seed);
  for (std::uint64_t i = 0; i < told; ++i)
    to += words[(code >> (7 * i)) & 127];
  append_filler(to, mixed(seed + 1) ^ mixed(number), tokens - told);
}

} // namespace weir::inline v0::data
