// Answers as the JSON bodies of a batch's results: in OpenAI's shapes, whatever the provider.
#pragma once

#include <any>
#include <cstdint>
#include <string>
#include <string_view>

#include <weir/task/completion.hpp>
#include <weir/task/results.hpp>
#include <weir/task/text_generation.hpp>
#include <weir/task/usage.hpp>

namespace weir::inline v0 {

/// What stands in a body where the answer itself says nothing of it. Refers to strings of others.
class body_defaults {
public:
  body_defaults() = default;
  std::string_view id;      ///< Such as `chatcmpl-17`.
  std::string_view model;   ///< That was asked.
  std::int64_t created = 0; ///< Unix seconds.
};

/// A `chat.completion` object. Finish reasons are OpenAI's (`stop`, `length`, `tool_calls`, `content_filter`); one that
/// weir does not know stays as sent, and that of an answer that broke off is null. Images are in `message.images` as
/// OpenRouter has them, audio in `message.audio`. Empty if nothing arrived and there is a failure.
std::string answer_body(const completion& c, const body_defaults& d);
/// A `text_completion` object, one choice for each sequence; with the member `details` where the server told tokens.
/// Empty as above.
std::string answer_body(const generation& g, const body_defaults& d);
/// A `list` of `embedding` objects, one for each input; of embeddings of tokens, each is a list of vectors.
std::string answer_body(const embeddings& e, const body_defaults& d);
/// The result of any request, of its result_type: one of the above, or what `weir run --json` prints. Empty if it holds
/// none.
std::string answer_body(const std::any& result, const body_defaults& d);

} // namespace weir::inline v0
