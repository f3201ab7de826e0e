#include <weir/task/kind.hpp>

#include <algorithm>
#include <array>

namespace weir::inline v0 {

namespace {

constexpr std::array names{
    "conversational",
    "text-generation",
    "feature-extraction",
    "sentence-similarity",
    "summarization",
    "translation",
    "question-answering",
    "table-question-answering",
    "document-question-answering",
    "visual-question-answering",
    "fill-mask",
    "text-classification",
    "token-classification",
    "zero-shot-classification",
    "tabular-classification",
    "tabular-regression",
    "text-to-image",
    "image-to-image",
    "image-text-to-image",
    "text-to-video",
    "image-to-video",
    "image-text-to-video",
    "image-classification",
    "zero-shot-image-classification",
    "image-segmentation",
    "object-detection",
    "image-to-text",
    "text-to-speech",
    "text-to-audio",
    "automatic-speech-recognition",
    "audio-to-audio",
    "audio-classification",
};

constexpr auto kinds = [] {
  std::array<task_kind, names.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<task_kind>(i);
  return all;
}();
static_assert(static_cast<std::size_t>(task_kind::audio_classification) + 1 == names.size());

} // namespace

std::string_view name_of(task_kind k) noexcept {
  const auto i = static_cast<std::size_t>(k);
  return i < names.size() ? std::string_view(names[i]) : std::string_view("unknown");
}

std::optional<task_kind> find_task_kind(std::string_view name) noexcept {
  if (name == "chat")
    return task_kind::chat;
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end())
    return std::nullopt;
  return static_cast<task_kind>(it - names.begin());
}

std::span<const task_kind> all_task_kinds() noexcept { return kinds; }

} // namespace weir::inline v0
