// A completed answer: the result of a collected stream, or of a call without streaming.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/detail/abi.hpp>
#include <weir/task/attempt.hpp>
#include <weir/task/event.hpp>
#include <weir/task/media.hpp>
#include <weir/task/usage.hpp>

namespace boost::json {
class value;
}

WEIR_BEGIN_NAMESPACE

/// One of the answers of a completion.
struct choice {
  choice() = default;
  std::uint32_t index = 0;
  std::string text;
  std::string reasoning;
  /// What the provider wants back with the answer in the conversation's next request: reasoning with its signature, or
  /// encrypted. Each block is a JSON object in text form; see message(completion).
  std::vector<std::string> reasoning_blocks;
  std::string refusal;
  std::vector<tool_call> tool_calls;
  std::vector<weir::media> media; ///< Images and audio.
  std::string finish_reason;      ///< As sent; empty where none was.
  std::vector<token_logprob> logprobs;
};

/// What a provider says about an answer as a whole, streamed or not.
struct answer_info {
  answer_info() = default;
  std::string id;
  std::string model; ///< The model that answered.
  std::string system_fingerprint;
  std::int64_t created = 0; ///< Unix seconds; 0 where not sent.
  /// How the provider served the call, and charges for it, where it says so: `default`, `flex`, `priority`, `batch` …
  std::string service_tier;
  std::string speed; ///< `standard` or `fast` (Anthropic); empty where not sent.
  /// What weir did not expect but accepted: an unknown finish reason, events of an unknown form. Usually empty.
  std::string remark;
};

/// A chat or text completion with everything that arrived, whatever the outcome.
class completion {
public:
  completion() = default;

  /// The first answer's text.
  const std::string& text() const noexcept { return first().text; }
  const std::string& reasoning() const noexcept { return first().reasoning; }
  const std::vector<tool_call>& tool_calls() const noexcept { return first().tool_calls; }
  const std::string& finish_reason() const noexcept { return first().finish_reason; }

  /// The first answer's text as JSON, also where it stands in a Markdown code block. Needs `<weir/json.hpp>`.
  /// \throws weir::error the failure of an answer that is not complete; errc::unexpected_content for one that is no
  /// JSON.
  boost::json::value json() const;
  /// json() as a T, by Boost.JSON's value_to(): described structs (BOOST_DESCRIBE_STRUCT), containers, optionals, and
  /// types with a tag_invoke() of their own. Needs `<weir/json.hpp>`.
  ///
  /// Described structs and enums are taken as strictly as schema_of<T>() says: every member must be there (an optional
  /// one may be null, but not missing), one that the struct does not have is refused, and numbers are never rounded: an
  /// integer takes 3 and 3.0, and neither 3.5 nor what is out of its range.
  /// \throws weir::error as json(); errc::unexpected_content for JSON that does not fit.
  template <class T>
  T as() const;

  /// Ordered by index; at least one.
  std::vector<choice> choices = std::vector<choice>(1);
  weir::outcome outcome = weir::outcome::truncated;
  weir::usage usage;
  answer_info info;
  /// Why the outcome is not complete; no failure otherwise.
  weir::failure failure;
  /// What happened on the wire: response headers, request id, times. nullptr where there was none.
  std::shared_ptr<const weir::attempt> attempt;

  /// Adds one streamed event: text is joined, tool calls are assembled by index.
  void add(const event& e);

private:
  const choice& first() const noexcept { return choices.front(); }
};

WEIR_END_NAMESPACE
