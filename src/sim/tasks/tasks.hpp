// The tasks other than chat and text generation, as hf-inference and OpenAI's routes serve them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/task/kind.hpp>

#include "codec/json/json.hpp"
#include "sim/plan.hpp"
#include "sim/server/request.hpp"

namespace weir::inline v0::sim {

/// A parsed task request.
class task_ask {
public:
  task_ask() = default;
  codec::json::value body;        ///< Null if the body is not JSON.
  std::string bytes;              ///< The image or audio: the body itself, or base64 in `inputs`.
  std::vector<std::string> texts; ///< Of `inputs`.
  bool batch = false;             ///< `inputs` is a list.

  const codec::json::value* input(std::string_view key) const noexcept; ///< A member of `inputs`.
  const codec::json::value* parameter(std::string_view key) const noexcept;
  std::uint64_t count(std::string_view parameter_name, std::uint64_t otherwise) const noexcept;
};

/// What a request asks for, below any prefix: OpenAI's embeddings, images, speech and transcriptions; hf-inference's
/// `models/MODEL`, where the last part of MODEL is a task's name, and `models/MODEL/pipeline/TASK`. Nothing for other
/// requests.
/// \param tls how this server is reached, for the URLs of files.
std::optional<plan> answer_task(const request& r, bool tls);

/// An error in hf-inference's form: `{"error": ["Error in `inputs`: …"]}`.
plan hf_error(std::string_view message);

// By topic; each handles its own tasks.
plan answer_text_task(task_kind what, const task_ask& ask);
plan answer_vision_task(task_kind what, const task_ask& ask);
plan answer_audio_task(task_kind what, const task_ask& ask);
/// hf-inference's vectors: one of numbers, or one per text.
plan answer_vectors(const task_ask& ask);

plan answer_embeddings(const codec::json::value& body);
/// The vector of a text; without a number of dimensions it has the usual one.
codec::json::array embedding_of(std::string_view text, std::optional<std::uint64_t> dimensions);
/// A member that is a string or a list of strings; empty if it is neither.
std::vector<std::string> texts_at(const codec::json::value& body, std::string_view key);
plan answer_images(const request& r, const codec::json::value& body, bool tls);
plan answer_speech(const codec::json::value& body);
/// Parses the form leniently: parts named `file` and `model`, and anything else.
plan answer_transcription(const request& r);

/// Labels with scores that add up to 1, likeliest first, the same for the same seed.
codec::json::array scored(const std::vector<std::string>& labels, std::uint64_t seed, std::size_t most);
/// A file as the body.
plan media_plan(std::string content_type, std::string bytes);

} // namespace weir::inline v0::sim
