#include "tool/arguments/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include <weir/core/error.hpp>

#include "tool/arguments/help.hpp"

namespace weir::inline v0::cli {

namespace {

namespace json = codec::json;
using enum parameter_type;

// Those of several tasks.
constexpr parameter prompt("prompt", text, "What to make; also given with --input");
constexpr parameter change = prompt.as("What to turn the image into");
constexpr parameter negative_prompt("negative_prompt", text, "What the result should not show");
constexpr parameter steps("num_inference_steps", whole, "Denoising steps: more take longer and show more detail");
constexpr parameter guidance("guidance_scale", number, "How closely the result follows the prompt");
constexpr parameter seed("seed", natural, "A seed for reproducible results");
constexpr parameter frames("num_frames", whole, "How many frames the video has");
constexpr parameter target_size("target_size", data, R"(The size in pixels: {"width": 1024, "height": 768})");
constexpr parameter question("question", text, "The question; also given with --input");
constexpr parameter stride("doc_stride", whole, "Overlap of the pieces of a long context, in tokens");
constexpr parameter impossible("handle_impossible_answer", flag, "Accept that there is no answer");
constexpr parameter max_answer("max_answer_len", whole, "The longest answer, in tokens");
constexpr parameter max_question("max_question_len", whole, "The longest question, in tokens; a longer one is cut");
constexpr parameter max_sequence("max_seq_len", whole, "The longest piece of the context with the question, in tokens");
constexpr parameter answers("top_k", whole, "How many answers");
constexpr parameter classes("top_k", whole, "How many classes");
constexpr parameter function("function_to_apply", text, "To the scores", "sigmoid|softmax|none");
constexpr parameter labels("candidate_labels", texts, "A class (repeatable)");
constexpr parameter hypothesis("hypothesis_template", text, "The sentence with the class in it: 'This is about {}.'");
constexpr parameter clean_up("clean_up_tokenization_spaces", flag, "Remove the spaces that tokenization leaves");
constexpr parameter generate("generate_parameters", data,
                             R"(An object of generation parameters: {"max_new_tokens": 100})");
constexpr parameter truncation("truncation", text, "How a long text is cut",
                               "do_not_truncate|longest_first|only_first|only_second");
constexpr parameter sample("do_sample", flag, "Sample, instead of taking the most likely token");
constexpr parameter max_new_tokens("max_new_tokens", whole, "The most tokens to generate");
constexpr parameter temperature("temperature", number, "Above 1 more varied, towards 0 more predictable");
constexpr parameter top_k("top_k", whole, "Sample from this many of the most likely tokens");
constexpr parameter top_p("top_p", number, "Sample from the most likely tokens that together have this probability");
constexpr parameter typical_p("typical_p", number, "Sample from typical tokens that together have this probability");
constexpr parameter early_stopping("early_stopping", flag, "End a beam search once there are num_beams candidates");
constexpr parameter epsilon("epsilon_cutoff", number, "Sample only from tokens with at least this probability");
constexpr parameter eta("eta_cutoff", number, "As epsilon_cutoff, adapted to the entropy");
constexpr parameter max_length("max_length", whole, "The most tokens, input included");
constexpr parameter min_length("min_length", whole, "The fewest tokens, input included");
constexpr parameter min_new_tokens("min_new_tokens", whole, "The fewest tokens to generate");
constexpr parameter beam_groups("num_beam_groups", whole, "The groups into which the beams are divided");
constexpr parameter beams("num_beams", whole, "The beams of a beam search");
constexpr parameter penalty_alpha("penalty_alpha", number, "The penalty of contrastive search");
constexpr parameter use_cache("use_cache", flag, "Reuse attention states, which is faster");

constexpr parameter text_generation[] = {
    {"adapter_id", text, "The LoRA adapter to use"},
    {"best_of", whole, "Generate this many sequences and return the most likely one"},
    {"decoder_input_details", flag, "Return the tokens of the prompt, with details"},
    {"details", flag, "Return token counts and the like"},
    sample,
    {"frequency_penalty", number, "Penalize tokens by how often they have occurred"},
    {"grammar", data, R"(Constrains the answer: {"type": "json" or "regex", "value": …})"},
    max_new_tokens,
    {"repetition_penalty", number, "Above 1 penalizes repetition"},
    {"return_full_text", flag, "Return the prompt before the answer"},
    seed,
    {"stop", texts, "End when this text is generated (repeatable)"},
    temperature,
    top_k,
    {"top_n_tokens", whole, "Return this many of the most likely tokens at each step"},
    top_p,
    {"truncate", whole, "Cut the prompt to this many tokens"},
    typical_p,
    {"watermark", flag, "Watermark the answer"},
};
constexpr parameter feature_extraction[] = {
    {"normalize", flag, "To length 1"},
    {"prompt_name", text, "A prompt of the model's configuration"},
    {"truncate", flag, "Cut a text that is too long, instead of refusing it"},
    {"truncation_direction", text, "The side at which to cut", "left|right"},
    {"dimensions", whole, "The length of the embeddings, where the model offers several"},
    {"encoding_format", text, "On the wire, where offered", "float|base64"},
};
constexpr parameter summarization[] = {clean_up, generate, truncation};
constexpr parameter translation[] = {
    {"src_lang", text, "The language of the text; with tgt_lang, or neither"},
    {"tgt_lang", text, "The language to translate into; with src_lang, or neither"},
    clean_up,
    generate,
    truncation,
};
constexpr parameter question_answering[] = {
    {"align_to_words", flag, "Let answers begin and end between words"},
    stride,
    impossible,
    max_answer,
    max_question,
    max_sequence,
    answers,
};
constexpr parameter table_question_answering[] = {
    {"padding", text, "How short texts are padded", "do_not_pad|longest|max_length"},
    {"sequential", flag, "Work through a batch one by one, for models that build on earlier answers"},
    {"truncation", flag, "Cut a table that is too long"},
};
constexpr parameter fill_mask[] = {
    {"targets", texts, "Only this word (repeatable)"},
    answers.as("How many words"),
};
constexpr parameter text_classification[] = {function, classes};
constexpr parameter token_classification[] = {
    {"aggregation_strategy", text, "How tokens make entities", "none|simple|first|average|max"},
    {"ignore_labels", texts, "Leave out this label (repeatable)"},
    {"stride", whole, "Overlap of the pieces of a long text, in tokens"},
};
constexpr parameter zero_shot_classification[] = {
    labels,
    {"multi_label", flag, "Score each class independently"},
    hypothesis,
};
constexpr parameter text_to_image[] = {
    prompt,
    negative_prompt,
    {"height", whole, "In pixels"},
    {"width", whole, "In pixels"},
    steps,
    guidance,
    {"scheduler", text, "The scheduler, where the model offers several"},
    seed,
};
constexpr parameter image_to_image[] = {change, negative_prompt, steps, guidance, target_size};
constexpr parameter image_text_to_image[] = {change, negative_prompt, steps, guidance, seed, target_size};
constexpr parameter text_to_video[] = {
    prompt, {"negative_prompt", texts, "What the video should not show (repeatable)"}, frames, steps, guidance, seed};
constexpr parameter image_to_video[] = {change, negative_prompt, frames, steps, guidance, seed, target_size};
constexpr parameter image_classification[] = {function, classes};
constexpr parameter zero_shot_image_classification[] = {labels.as("A class, of at least two (repeatable)"), hypothesis};
constexpr parameter image_segmentation[] = {
    {"mask_threshold", number, "Above which a pixel belongs to a mask"},
    {"overlap_mask_area_threshold", number, "Below which the share of a mask that is visible does not count"},
    {"subtask", text, "The kind of segments", "instance|panoptic|semantic"},
    {"threshold", number, "The least score of a segment"},
};
constexpr parameter object_detection[] = {{"threshold", number, "The least score of an object"}};
constexpr parameter visual_question_answering[] = {question, answers};
constexpr parameter document_question_answering[] = {
    question,
    stride,
    impossible,
    max_answer,
    max_question,
    max_sequence,
    answers,
    {"lang", text, "The language of the text recognition"},
    {"word_boxes", data, "The words of the document with their boxes, instead of text recognition"},
};
constexpr parameter text_to_speech[] = {
    {"voice", text, "The voice; some providers need it (together)"},
    sample,
    early_stopping,
    epsilon,
    eta,
    max_length,
    max_new_tokens,
    min_length,
    min_new_tokens,
    beam_groups,
    beams,
    penalty_alpha,
    temperature,
    top_k,
    top_p,
    typical_p,
    use_cache,
};
constexpr parameter text_to_audio[] = {
    prompt,      sample, early_stopping, epsilon,     eta,   max_length, max_new_tokens, min_length, min_new_tokens,
    beam_groups, beams,  penalty_alpha,  temperature, top_k, top_p,      typical_p,      use_cache,
};
constexpr parameter speech_recognition[] = {
    {"language", text, "The language that is spoken, such as en"},
    {"return_timestamps", flag, "Return the times at which words or sentences begin and end"},
    {"generation_parameters", data, R"(An object of generation parameters: {"max_new_tokens": 100})"},
};

std::string hint(task_kind what, std::string_view name) {
  std::vector<std::string_view> known;
  for (const auto& p : parameters_of(what))
    known.push_back(p.name);
  if (known.empty())
    return "; it has none";
  if (auto meant = did_you_mean(name, known); !meant.empty())
    return meant;
  return fmt::format("; it has {}", fmt::join(known, ", "));
}

// Their API refuses others too, less clearly.
void check_choice(const parameter& p, std::string_view given) {
  const auto known = p.values();
  if (std::find(known.begin(), known.end(), given) == known.end())
    throw error(errc::invalid_argument,
                fmt::format("the parameter {} takes {}, not '{}'{} (--other sends any value as it is)", p.name,
                            any_of(known), given, did_you_mean(given, known)));
}

[[noreturn]] void wrong_type(const parameter& p, std::string_view wanted) {
  throw error(errc::invalid_argument, fmt::format("the parameter {} takes {}", p.name, wanted));
}

} // namespace

std::vector<std::string_view> parameter::values() const {
  std::vector<std::string_view> all;
  for (auto rest = choices; !rest.empty();) {
    const auto bar = std::min(rest.find('|'), rest.size());
    all.push_back(rest.substr(0, bar));
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return all;
}

std::string parameter::explanation() const {
  return choices.empty() ? std::string(meaning) : fmt::format("{}: {}", meaning, any_of(values()));
}

std::string_view words_of(parameter_type t) noexcept {
  switch (t) {
  case text:
  case texts: return "TEXT";
  case whole:
  case natural: return "N";
  case number: return "X";
  case flag: return "true|false";
  case data: break;
  }
  return "JSON";
}

std::span<const parameter> parameters_of(task_kind k) noexcept {
  switch (k) {
  case task_kind::text_generation: return text_generation;
  case task_kind::feature_extraction: return feature_extraction;
  case task_kind::summarization: return summarization;
  case task_kind::translation: return translation;
  case task_kind::question_answering: return question_answering;
  case task_kind::table_question_answering: return table_question_answering;
  case task_kind::document_question_answering: return document_question_answering;
  case task_kind::visual_question_answering: return visual_question_answering;
  case task_kind::fill_mask: return fill_mask;
  case task_kind::text_classification: return text_classification;
  case task_kind::token_classification: return token_classification;
  case task_kind::zero_shot_classification: return zero_shot_classification;
  case task_kind::text_to_image: return text_to_image;
  case task_kind::image_to_image: return image_to_image;
  case task_kind::image_text_to_image: return image_text_to_image;
  case task_kind::text_to_video: return text_to_video;
  case task_kind::image_to_video:
  case task_kind::image_text_to_video: return image_to_video;
  case task_kind::image_classification: return image_classification;
  case task_kind::zero_shot_image_classification: return zero_shot_image_classification;
  case task_kind::image_segmentation: return image_segmentation;
  case task_kind::object_detection: return object_detection;
  case task_kind::text_to_speech: return text_to_speech;
  case task_kind::text_to_audio: return text_to_audio;
  case task_kind::automatic_speech_recognition: return speech_recognition;
  case task_kind::audio_classification: return image_classification;
  default: return {};
  }
}

const parameter& find_parameter(task_kind what, std::string_view name) {
  const auto all = parameters_of(what);
  const auto it = std::find_if(all.begin(), all.end(), [name](const parameter& p) { return p.name == name; });
  if (it != all.end())
    return *it;
  // No class has it, but the encoders know it, as OpenAI's API has it for each of its tasks.
  static constexpr parameter response_format{"response_format", text, "The form of the answer, at OpenAI"};
  const bool takes_format = what == task_kind::automatic_speech_recognition || what == task_kind::text_to_speech ||
                            what == task_kind::text_to_image;
  if (takes_format && name == response_format.name)
    return response_format;
  throw_unknown_parameter(what, name);
}

void throw_unknown_parameter(task_kind what, std::string_view name) {
  throw error(errc::invalid_argument, fmt::format("{} has no parameter '{}'{} (--other sends any name as it is)",
                                                  name_of(what), name, hint(what, name)));
}

json::value value_for(const parameter& p, const std::string& given) {
  error_code ec;
  auto v = codec::parse_json(given, ec);
  const bool other = ec.failed();
  switch (p.type) {
  case text: {
    auto said = !other && v.is_string() ? std::move(v) : json::value(given);
    if (!p.choices.empty())
      check_choice(p, said.get_string());
    return said;
  }
  case texts: return !other && (v.is_string() || v.is_array()) ? v : json::value(given);
  case whole:
    if (other || !v.is_int64())
      wrong_type(p, "a whole number");
    break;
  case natural:
    if (other || !(v.is_uint64() || (v.is_int64() && v.get_int64() >= 0)))
      wrong_type(p, "a whole number that is not negative");
    break;
  case number:
    if (other || !v.is_number())
      wrong_type(p, "a number");
    break;
  case flag:
    if (other || !v.is_bool())
      wrong_type(p, "true or false");
    break;
  case data:
    if (other)
      wrong_type(p, "JSON");
    break;
  }
  return v;
}

std::string parameter_help(task_kind what) {
  const auto all = parameters_of(what);
  if (all.empty())
    return fmt::format("{} has no parameters of its own; --other sends those of a provider.\n", name_of(what));
  auto text = fmt::format("Parameters of {}, for --param:\n", name_of(what));
  for (const auto& p : all)
    text += in_columns(fmt::format("  {}={}", p.name, words_of(p.type)), p.explanation());
  return text;
}

} // namespace weir::inline v0::cli
