// What requests say of what they may use: the likely tokens, for rate limits, and the most, for budgets. Pure.
#pragma once

#include <weir/policy/handler.hpp>
#include <weir/task/chat.hpp>
#include <weir/task/request.hpp>
#include <weir/task/text_generation.hpp>

#include "policy/spend/bounded_operation.hpp"

namespace weir::inline v0 {

/// Both, found once for each request.
class request_estimate {
public:
  request_estimate() = default;
  token_estimate likely;
  request_bound bound;
};

/// A prompt, by its parts (see token_counts.hpp), and what the limit allows; 512 tokens of an answer without one.
request_estimate estimate_of(const chat& ask);
request_estimate estimate_of(const text_generation& ask);
/// By task and parameters:
///  - images: as many as the request wants, and 6,240 tokens for each (gpt-image-1, 1024 × 1536 in high quality), or
///    in proportion to a larger size;
///  - speech: its characters, and sound of 200 ms for each, with 32 tokens a second (Gemini counts 25, OpenAI 21);
///  - sound that is sent, transcribed or not: its milliseconds and tokens, and eight tokens of text a second;
///  - video: its seconds, or its frames, where the request says so;
///  - and the text, the images and the sound that it is about.
request_estimate estimate_of(const task_request& ask);

} // namespace weir::inline v0
