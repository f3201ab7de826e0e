// What a stream yields: one event per piece of the answer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/detail/abi.hpp>
#include <weir/task/media.hpp>
#include <weir/task/progress.hpp>
#include <weir/task/usage.hpp>

WEIR_BEGIN_NAMESPACE

/// How an answer ended. Only `complete` and `length` are complete answers.
enum class outcome {
  complete,      ///< The provider said that the answer is finished.
  length,        ///< Finished because a token limit was reached.
  filtered,      ///< Withheld or cut by the provider's content filter.
  in_band_error, ///< The provider reported an error inside the stream.
  truncated,     ///< The stream ended or broke before the terminal signal.
  stalled,       ///< The first-token or inter-token timeout expired.
  cancelled,     ///< Dropped or cancelled by the caller.
  deadline,      ///< The deadline was reached.
  failed,        ///< No answer began: see reply::failure().
};

/// `complete`, `length`, `filtered`, `in_band_error`, …
std::string_view name_of(outcome) noexcept;
/// The outcome that a failure stands for: outcome::complete for none, outcome::failed for one that says no more.
outcome outcome_of(const failure& f) noexcept;

/// The probability of one token, if it was requested.
struct token_logprob {
  token_logprob() = default;
  token_logprob(std::string token, std::optional<double> logprob) : token(std::move(token)), logprob(logprob) {}

  std::string token;
  std::optional<double> logprob;   ///< Natural logarithm; absent where the server sent null.
  std::vector<std::uint8_t> bytes; ///< The token's bytes, where sent; a token may be part of a character.
  std::vector<token_logprob> top;  ///< The alternatives, likeliest first.
};

/// A token of TGI's native protocol.
struct token_info {
  token_info() = default;
  std::int64_t id = 0;
  std::string text;
  std::optional<double> logprob;
  bool special = false;
};

/// A call of a function that the model asks for. `arguments` is the text as the
/// provider sent it: it should be JSON, but models do get it wrong.
struct tool_call {
  tool_call() = default;
  tool_call(std::string id, std::string name, std::string arguments)
      : id(std::move(id)), name(std::move(name)), arguments(std::move(arguments)) {}

  std::string id;
  std::string name;
  std::string arguments;

  friend bool operator==(const tool_call&, const tool_call&) = default;
};

/// One piece of a streamed answer.
///
/// Thread safety: distinct objects; a const event may be shared.
class event {
public:
  enum class kind : std::uint8_t {
    text,            ///< text() is the next piece of the answer.
    reasoning,       ///< text() is the next piece of the model's reasoning.
    refusal,         ///< text() is the next piece of a refusal.
    tool_call,       ///< A piece of a tool call: tool_index(), tool_id(), tool_name(), text() of arguments.
    media,           ///< An image or audio of the answer, or a piece of one: media().
    finish,          ///< This choice is finished: finish_reason().
    usage,           ///< usage() was reported; a later one replaces an earlier one.
    continued,       ///< The answer broke off here and another target continues it: content() names it.
    progress,        ///< A job made progress: progress().
    raw,             ///< A piece of the stream with none of the above: raw() has it. Only with keep_raw().
    reasoning_block, ///< content() is JSON that the provider wants back with the answer: choice::reasoning_blocks.
  };

  /// What only few events carry.
  struct details {
    details() = default;
    std::uint32_t tool_index = 0; ///< The call's place among its choice's calls, without gaps.
    std::string tool_id;          ///< Usually only on the first piece of a call.
    std::string tool_name;        ///< Likewise.
    std::string finish_reason;    ///< As sent: stop, length, tool_calls, eos_token, …
    weir::usage usage;
    weir::media media;             ///< Of a media event: the bytes that came, or the URL.
    std::uint32_t media_index = 0; ///< Its place among its choice's; a later event with the same place continues it.
    std::vector<token_logprob> logprobs;
    std::optional<token_info> token;               ///< TGI only.
    std::vector<token_info> top_tokens;            ///< TGI only.
    std::optional<std::string> generated_text;     ///< TGI's last event: the whole text as the server has it.
    std::optional<std::uint64_t> seed;             ///< Of a finish event, if the server reports it.
    std::optional<std::uint64_t> input_length;     ///< TGI's last event.
    std::optional<std::uint64_t> generated_tokens; ///< TGI's last event.
    weir::progress progress;                       ///< Of a progress event.
    std::shared_ptr<const std::string> raw;        ///< Shared by all events of one piece of the stream.
  };

  event() = default;
  event(kind k, std::string text, std::uint32_t choice = 0) : text_(std::move(text)), choice_(choice), kind_(k) {}
  event(kind k, std::string text, std::uint32_t choice, std::shared_ptr<const details> more)
      : text_(std::move(text)), details_(std::move(more)), choice_(choice), kind_(k) {}

  kind type() const noexcept { return kind_; }
  bool is(kind k) const noexcept { return kind_ == k; }

  /// The piece of the answer if it belongs to choice 0, otherwise empty: all that a program which only prints the
  /// answer needs.
  std::string_view text() const noexcept {
    return kind_ == kind::text && choice_ == 0 ? std::string_view(text_) : std::string_view();
  }
  /// The text of any kind: answer, reasoning, refusal or arguments.
  const std::string& content() const noexcept { return text_; }
  /// Which of the `n` answers this belongs to.
  std::uint32_t choice() const noexcept { return choice_; }
  /// Whether this is part of the model's output (and so stops the first-token clock).
  bool is_token() const noexcept { return kind_ <= kind::media; }
  /// The rest; nullptr where there is none.
  const details* more() const noexcept { return details_.get(); }

  std::uint32_t tool_index() const noexcept { return details_ ? details_->tool_index : 0; }
  std::string_view tool_id() const noexcept {
    return details_ ? std::string_view(details_->tool_id) : std::string_view();
  }
  std::string_view tool_name() const noexcept {
    return details_ ? std::string_view(details_->tool_name) : std::string_view();
  }
  std::string_view finish_reason() const noexcept {
    return details_ ? std::string_view(details_->finish_reason) : std::string_view();
  }
  const weir::progress* progress() const noexcept {
    return kind_ == kind::progress && details_ ? &details_->progress : nullptr;
  }
  const weir::media* media() const noexcept { return kind_ == kind::media && details_ ? &details_->media : nullptr; }
  /// The JSON that this was read from, as it was sent; empty unless the request has keep_raw().
  std::string_view raw() const noexcept {
    return details_ && details_->raw ? std::string_view(*details_->raw) : std::string_view();
  }
  const weir::usage* usage() const noexcept { return kind_ == kind::usage && details_ ? &details_->usage : nullptr; }

private:
  std::string text_;
  std::shared_ptr<const details> details_;
  std::uint32_t choice_ = 0;
  kind kind_ = kind::text;
};

std::string_view name_of(event::kind) noexcept;

WEIR_END_NAMESPACE
