// Text and table tasks.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <weir/detail/abi.hpp>
#include <weir/task/request.hpp>
#include <weir/task/results.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// Embeddings of texts.
class feature_extraction : public task_of<feature_extraction> {
public:
  using result_type = embeddings;
  explicit feature_extraction(std::string model = {}) : task_of(task_kind::feature_extraction, std::move(model)) {}

  WEIR_TASK_INPUT(feature_extraction, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(feature_extraction, std::string, text,
                  add_text) ///< Call again for more: a batch, where the provider takes one.
  WEIR_TASK_PARAMETER(feature_extraction, bool, normalize)          ///< To length 1.
  WEIR_TASK_PARAMETER(feature_extraction, std::string, prompt_name) ///< A prompt of the model's configuration.
  WEIR_TASK_PARAMETER(feature_extraction, bool, truncate)
  WEIR_TASK_PARAMETER(feature_extraction, std::string, truncation_direction) ///< left or right.
  WEIR_TASK_PARAMETER(feature_extraction, std::int64_t, dimensions)
  WEIR_TASK_PARAMETER(
      feature_extraction, std::string,
      encoding_format) ///< float or base64 where offered; weir asks for base64 where it knows that it is.
};

/// How similar other sentences are to one.
class sentence_similarity : public task_of<sentence_similarity> {
public:
  using result_type = similarities;
  explicit sentence_similarity(std::string model = {}) : task_of(task_kind::sentence_similarity, std::move(model)) {}

  WEIR_TASK_INPUT(sentence_similarity, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_NAMED(sentence_similarity, std::string, source, set_field, "source_sentence")
  WEIR_TASK_NAMED(sentence_similarity, std::string, sentence, append_field,
                  "sentences") ///< One to compare; call again for more.
};

/// A shorter text.
class summarization : public task_of<summarization> {
public:
  using result_type = text_result;
  explicit summarization(std::string model = {}) : task_of(task_kind::summarization, std::move(model)) {}

  WEIR_TASK_INPUT(summarization, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(summarization, std::string, text,
                  add_text) ///< Call again for more: a batch, where the provider takes one.
  WEIR_TASK_PARAMETER(summarization, bool, clean_up_tokenization_spaces)
  WEIR_TASK_PARAMETER(summarization, json_text, generate_parameters) ///< An object, such as {"max_new_tokens": 100}.
  WEIR_TASK_PARAMETER(summarization, std::string,
                      truncation) ///< do_not_truncate, longest_first, only_first or only_second.
};

/// A text in another language.
class translation : public task_of<translation> {
public:
  using result_type = text_result;
  explicit translation(std::string model = {}) : task_of(task_kind::translation, std::move(model)) {}

  WEIR_TASK_INPUT(translation, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(translation, std::string, text,
                  add_text) ///< Call again for more: a batch, where the provider takes one.
  WEIR_TASK_PARAMETER(translation, std::string, src_lang) ///< With tgt_lang, or neither.
  WEIR_TASK_PARAMETER(translation, std::string, tgt_lang)
  WEIR_TASK_PARAMETER(translation, bool, clean_up_tokenization_spaces)
  WEIR_TASK_PARAMETER(translation, json_text, generate_parameters)
  WEIR_TASK_PARAMETER(translation, std::string, truncation)
};

/// The span of a text that answers a question.
class question_answering : public task_of<question_answering> {
public:
  using result_type = found_answers;
  explicit question_answering(std::string model = {}) : task_of(task_kind::question_answering, std::move(model)) {}

  WEIR_TASK_INPUT(question_answering, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_NAMED(question_answering, std::string, question, set_field, "question")
  WEIR_TASK_NAMED(question_answering, std::string, context, set_field, "context")
  WEIR_TASK_PARAMETER(question_answering, bool, align_to_words)
  WEIR_TASK_PARAMETER(question_answering, std::int64_t,
                      doc_stride) ///< Overlap of the pieces of a long context, in tokens.
  WEIR_TASK_PARAMETER(question_answering, bool, handle_impossible_answer)
  WEIR_TASK_PARAMETER(question_answering, std::int64_t, max_answer_len)
  WEIR_TASK_PARAMETER(question_answering, std::int64_t, max_question_len)
  WEIR_TASK_PARAMETER(question_answering, std::int64_t, max_seq_len)
  WEIR_TASK_PARAMETER(question_answering, std::int64_t, top_k) ///< How many answers.
};

/// An answer from a table.
class table_question_answering : public task_of<table_question_answering> {
public:
  using result_type = table_answer;
  explicit table_question_answering(std::string model = {})
      : task_of(task_kind::table_question_answering, std::move(model)) {}

  WEIR_TASK_INPUT(table_question_answering, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_NAMED(table_question_answering, std::string, query, set_field, "query")
  table_question_answering&& cell(const std::string& column, std::string value) && {
    add_cell(column, std::move(value));
    return std::move(*this);
  }
  table_question_answering& cell(const std::string& column, std::string value) & {
    add_cell(column, std::move(value));
    return *this;
  } ///< Appends to a column.
  WEIR_TASK_PARAMETER(table_question_answering, std::string, padding) ///< do_not_pad, longest or max_length.
  WEIR_TASK_PARAMETER(table_question_answering, bool, sequential)
  WEIR_TASK_PARAMETER(table_question_answering, bool, truncation)
};

/// Words for the mask in a text.
class fill_mask : public task_of<fill_mask> {
public:
  using result_type = mask_fills;
  explicit fill_mask(std::string model = {}) : task_of(task_kind::fill_mask, std::move(model)) {}

  WEIR_TASK_INPUT(fill_mask, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(fill_mask, std::string, text,
                  add_text) ///< Call again for more: a batch, where the provider takes one.
  WEIR_TASK_NAMED(fill_mask, std::string, target, append_parameter,
                  "targets") ///< Only these words; call again for more.
  WEIR_TASK_PARAMETER(fill_mask, std::int64_t, top_k)
};

/// The class of a text.
class text_classification : public task_of<text_classification> {
public:
  using result_type = classification;
  explicit text_classification(std::string model = {}) : task_of(task_kind::text_classification, std::move(model)) {}

  WEIR_TASK_INPUT(text_classification, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(text_classification, std::string, text,
                  add_text) ///< Call again for more: a batch, where the provider takes one.
  WEIR_TASK_PARAMETER(text_classification, std::string, function_to_apply) ///< sigmoid, softmax or none.
  WEIR_TASK_PARAMETER(text_classification, std::int64_t, top_k)            ///< How many classes.
};

/// Names, places, parts of speech in a text.
class token_classification : public task_of<token_classification> {
public:
  using result_type = token_spans;
  explicit token_classification(std::string model = {}) : task_of(task_kind::token_classification, std::move(model)) {}

  WEIR_TASK_INPUT(token_classification, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(token_classification, std::string, text,
                  add_text) ///< Call again for more: a batch, where the provider takes one.
  WEIR_TASK_PARAMETER(token_classification, std::string, aggregation_strategy) ///< none, simple, first, average or max.
  WEIR_TASK_NAMED(token_classification, std::string, ignore_label, append_parameter,
                  "ignore_labels")                                ///< Leaves out this label; call again for more.
  WEIR_TASK_PARAMETER(token_classification, std::int64_t, stride) ///< Overlap of the pieces of a long text, in tokens.
};

/// How well classes of your own fit a text.
class zero_shot_classification : public task_of<zero_shot_classification> {
public:
  using result_type = classification;
  explicit zero_shot_classification(std::string model = {})
      : task_of(task_kind::zero_shot_classification, std::move(model)) {}

  WEIR_TASK_INPUT(zero_shot_classification, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(zero_shot_classification, std::string, text,
                  add_text) ///< Call again for more: a batch, where the provider takes one.
  WEIR_TASK_NAMED(zero_shot_classification, std::string, label, append_parameter,
                  "candidate_labels")                                             ///< A class; call again for more.
  WEIR_TASK_PARAMETER(zero_shot_classification, bool, multi_label)                ///< Scores each class independently.
  WEIR_TASK_PARAMETER(zero_shot_classification, std::string, hypothesis_template) ///< Such as "This is about {}."
};

/// The class of each row of a table.
class tabular_classification : public task_of<tabular_classification> {
public:
  using result_type = tabular_result;
  explicit tabular_classification(std::string model = {})
      : task_of(task_kind::tabular_classification, std::move(model)) {}

  WEIR_TASK_INPUT(tabular_classification, std::string, model, set_model)
  using task_request::model;
  tabular_classification&& cell(const std::string& column, std::string value) && {
    add_cell(column, std::move(value));
    return std::move(*this);
  }
  tabular_classification& cell(const std::string& column, std::string value) & {
    add_cell(column, std::move(value));
    return *this;
  } ///< Appends to a column.
};

/// A number for each row of a table.
class tabular_regression : public task_of<tabular_regression> {
public:
  using result_type = tabular_result;
  explicit tabular_regression(std::string model = {}) : task_of(task_kind::tabular_regression, std::move(model)) {}

  WEIR_TASK_INPUT(tabular_regression, std::string, model, set_model)
  using task_request::model;
  tabular_regression&& cell(const std::string& column, std::string value) && {
    add_cell(column, std::move(value));
    return std::move(*this);
  }
  tabular_regression& cell(const std::string& column, std::string value) & {
    add_cell(column, std::move(value));
    return *this;
  } ///< Appends to a column.
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
