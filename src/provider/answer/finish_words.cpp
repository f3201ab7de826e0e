#include "provider/answer/finish_words.hpp"

#include <algorithm>
#include <array>

namespace weir::inline v0::provider {

namespace {

// Letters and digits in lower case: MAX_TOKENS, max-tokens and maxTokens are the same reason.
class plain_word {
public:
  explicit plain_word(std::string_view reason) noexcept {
    for (const char c : reason) {
      if (size_ == letters_.size())
        break;
      if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
        letters_[size_++] = c;
      else if (c >= 'A' && c <= 'Z')
        letters_[size_++] = static_cast<char>(c + 32);
    }
  }
  std::string_view text() const noexcept { return {letters_.data(), size_}; }

private:
  std::array<char, 64> letters_{};
  std::size_t size_ = 0;
};

template <std::size_t N>
bool is_one_of(std::string_view word, const std::string_view (&all)[N]) noexcept {
  return std::find(std::begin(all), std::end(all), word) != std::end(all);
}

template <std::size_t N>
bool has_one_of(std::string_view word, const std::string_view (&all)[N]) noexcept {
  return std::any_of(std::begin(all), std::end(all),
                     [&](std::string_view part) { return word.find(part) != word.npos; });
}

constexpr std::string_view whole_words[] = {
    "stop",      "endturn",  "eos",       "eostoken",     "stopsequence", "stoptoken", "stopstr",  "stopped",
    "toolcalls", "toolcall", "tooluse",   "functioncall", "complete",     "completed", "finished", "end",
    "done",      "success",  "succeeded", "pauseturn",    "endofturn",    "endoftext", "normal"};
constexpr std::string_view filter_parts[] = {"filter",     "safety",    "sensitive", "moderat", "policy",
                                             "prohibited", "blocked",   "blocklist", "refus",   "guardrail",
                                             "recitation", "censor",    "toxic",     "flagged", "spii",
                                             "violation",  "copyright", "withheld",  "armor",   "risk"};
constexpr std::string_view length_parts[] = {"length",        "maxtoken",      "maxoutput",    "maxnewtoken",
                                             "maxcompletion", "contextwindow", "contextlimit", "tokenlimit",
                                             "outputlimit",   "outoftoken",    "errorlimit"};
constexpr std::string_view fault_parts[] = {
    "error",        "fail",      "abort",      "cancel", "timeout", "timedout", "exception", "unavailable", "overload",
    "insufficient", "interrupt", "disconnect", "crash",  "killed",  "preempt",  "ratelimit", "quota",       "lost"};
// The model's own fault: the same request may well fail again.
constexpr std::string_view model_fault_parts[] = {"malformed", "unexpected", "invalid",
                                                  "toomany",   "missing",    "noimage"};

} // namespace

ending ending_of(std::string_view reason) noexcept {
  const plain_word plain(reason);
  const auto word = plain.text();
  if (is_one_of(word, whole_words))
    return ending::complete;
  if (has_one_of(word, filter_parts) || word == "language")
    return ending::filtered;
  if (has_one_of(word, length_parts))
    return ending::length;
  if (has_one_of(word, fault_parts) || has_one_of(word, model_fault_parts) || word == "other" || word == "imageother")
    return ending::failed;
  return ending::unknown;
}

outcome outcome_of(ending e) noexcept {
  switch (e) {
  case ending::length: return outcome::length;
  case ending::filtered: return outcome::filtered;
  case ending::failed: return outcome::in_band_error;
  case ending::unknown:
  case ending::complete: break;
  }
  return outcome::complete;
}

int status_of_ending(std::string_view reason) noexcept {
  const plain_word plain(reason);
  const auto word = plain.text();
  if (word.find("ratelimit") != word.npos)
    return 429;
  if (word.find("overload") != word.npos || word.find("insufficient") != word.npos ||
      word.find("unavailable") != word.npos)
    return 503;
  return has_one_of(word, fault_parts) && word.find("quota") == word.npos ? 500 : 0;
}

} // namespace weir::inline v0::provider
