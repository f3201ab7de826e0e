// The results of the tasks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <weir/detail/abi.hpp>
#include <weir/task/media.hpp>
#include <weir/task/usage.hpp>

WEIR_BEGIN_NAMESPACE

/// Texts: of summarization, translation, image-to-text. One per input.
class text_result {
public:
  text_result() = default;
  std::vector<std::string> texts;
  /// The first one.
  const std::string& text() const noexcept { return texts.empty() ? none() : texts.front(); }

private:
  static const std::string& none() noexcept;
};

/// A class with its score.
struct label_score {
  label_score() = default;
  label_score(std::string label, double score) : label(std::move(label)), score(score) {}
  std::string label;
  double score = 0;
};

/// Classes of texts, images or audio, usually likeliest first; one list per input.
struct classification {
  classification() = default;
  std::vector<std::vector<label_score>> inputs;
  /// Of the first input.
  std::span<const label_score> labels() const noexcept {
    return inputs.empty() ? std::span<const label_score>() : std::span<const label_score>(inputs.front());
  }
};

/// One answer to a question about a text, a document or an image.
struct found_answer {
  found_answer() = default;
  std::string text;
  std::optional<double> score;
  std::optional<std::int64_t> start; ///< In the context, in characters; of documents, the first word.
  std::optional<std::int64_t> end;   ///< Likewise, past the last one.
};

/// Answers to a question.
struct found_answers {
  found_answers() = default;
  std::vector<found_answer> all; ///< Usually likeliest first.
  /// The first one's text; empty where there is none.
  const std::string& text() const noexcept;
};

/// An answer from a table, with the cells that it comes from.
struct table_answer {
  table_answer() = default;
  std::string text;
  std::vector<std::vector<std::int64_t>> coordinates; ///< Row and column of each cell.
  std::vector<std::string> cells;
  std::string aggregator; ///< `SUM`, `COUNT`, …; empty where there is none.
};

/// One way to fill a mask.
struct filled_mask {
  filled_mask() = default;
  std::string sequence; ///< The complete text.
  std::string token_text;
  std::int64_t token = 0;
  double score = 0;
};

/// The ways to fill the masks of one or several texts.
struct mask_fills {
  mask_fills() = default;
  std::vector<std::vector<filled_mask>> masks; ///< One list per mask, text after text.
};

/// A part of a text with its class.
struct token_span {
  token_span() = default;
  std::string label; ///< `entity_group`, or `entity` where tokens are not joined.
  std::string word;
  double score = 0;
  std::optional<std::int64_t> start, end; ///< In characters.
  std::optional<std::int64_t> index;      ///< Of the token, where tokens are not joined.
};

/// Classified parts of texts, one list per input.
struct token_spans {
  token_spans() = default;
  std::vector<std::vector<token_span>> inputs;
};

/// One value per row.
struct tabular_result {
  tabular_result() = default;
  std::vector<std::string> labels; ///< As text, numbers too.
  std::vector<double> numbers;     ///< Where all of them are numbers.
};

/// How similar the sentences are to the source sentence.
struct similarities {
  similarities() = default;
  std::vector<double> scores;
};

/// Vectors in one block: row after row.
struct embeddings {
  embeddings() = default;
  std::vector<float> values;
  /// As the provider nests them. {n}: one vector; {rows, n}: one per input; {inputs, tokens, n}: one per
  /// token of each input, all with as many tokens. {rows, n} too if the inputs differ in their number of tokens.
  std::vector<std::size_t> shape;
  /// In that last case, how many rows each input has; otherwise empty.
  std::vector<std::size_t> counts;
  weir::usage usage;

  std::size_t dimensions() const noexcept { return shape.empty() ? 0 : shape.back(); }
  std::size_t rows() const noexcept { return dimensions() ? values.size() / dimensions() : 0; }
  /// \throws std::out_of_range
  std::span<const float> row(std::size_t i) const;
};

/// Images, videos or audio, in the provider's order.
struct media_result {
  media_result() = default;
  std::vector<media> items;
  /// The first one. \throws std::out_of_range if there is none.
  const media& first() const { return items.at(0); }
};

/// A part of an image.
struct image_segment {
  image_segment() = default;
  std::string label;
  std::optional<double> score;
  media mask; ///< White where the part is.
};

/// The parts of an image, each with its mask.
struct segmentation {
  segmentation() = default;
  std::vector<image_segment> segments;
};

/// An object in an image, with its bounding box in pixels.
struct detection {
  detection() = default;
  std::string label;
  double score = 0;
  double xmin = 0, ymin = 0, xmax = 0, ymax = 0;
};

/// The objects found in an image.
struct detections {
  detections() = default;
  std::vector<detection> all;
};

/// A piece of speech, in seconds.
struct transcript_chunk {
  transcript_chunk() = default;
  std::string text;
  std::optional<double> start, end;
};

/// Speech as text.
struct transcription {
  transcription() = default;
  std::string text;
  std::vector<transcript_chunk> chunks; ///< If requested, or sent anyway.
  std::string language;                 ///< If reported.
  std::optional<double> duration;       ///< Of the audio in seconds, if reported.
};

/// One voice or instrument of a recording.
struct audio_track {
  audio_track() = default;
  std::string label;
  media sound;
};

/// The tracks that audio was separated into, or its enhanced version as the only one.
struct audio_tracks {
  audio_tracks() = default;
  std::vector<audio_track> tracks;
};

WEIR_END_NAMESPACE
