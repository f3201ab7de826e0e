// Text generation: TGI's native task, and completions APIs through the same request.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/detail/abi.hpp>
#include <weir/task/attempt.hpp>
#include <weir/task/call_options.hpp>
#include <weir/task/event.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

struct generation;

/// Constrains what TGI may generate.
class grammar {
public:
  /// `schema`: a JSON Schema in text form.
  static grammar json(std::string schema) { return grammar("json", std::move(schema), true); }
  static grammar json_schema(std::string schema) { return grammar("json_schema", std::move(schema), true); }
  static grammar regex(std::string pattern) { return grammar("regex", std::move(pattern), false); }

  const std::string& type() const noexcept { return type_; }
  const std::string& value() const noexcept { return value_; }
  /// Whether value() is JSON in text form, or a plain string.
  bool value_is_json() const noexcept { return value_is_json_; }

private:
  grammar(std::string type, std::string value, bool is_json)
      : type_(std::move(type)), value_(std::move(value)), value_is_json_(is_json) {}
  std::string type_;
  std::string value_;
  bool value_is_json_;
};

/// A text generation request. Unset parameters are left out of the request. For providers with a completions API, the
/// parameters that it knows are mapped (max_new_tokens → max_tokens) and the others are left out.
class text_generation {
public:
  using result_type = generation;

  text_generation() = default;
  explicit text_generation(std::string model) : model_(std::move(model)) {}

  WEIR_OPTIONAL(text_generation, std::string, adapter_id)
  WEIR_OPTIONAL(text_generation, std::int64_t, best_of)
  WEIR_OPTIONAL(text_generation, bool, decoder_input_details)
  WEIR_OPTIONAL(text_generation, bool, details)
  WEIR_OPTIONAL(text_generation, bool, do_sample)
  WEIR_OPTIONAL(text_generation, double, frequency_penalty)
  WEIR_OPTIONAL(text_generation, weir::grammar, grammar)
  WEIR_OPTIONAL(text_generation, std::int64_t, max_new_tokens)
  WEIR_OPTIONAL(text_generation, double, repetition_penalty)
  WEIR_OPTIONAL(text_generation, bool, return_full_text)
  WEIR_OPTIONAL(text_generation, std::uint64_t, seed)
  WEIR_OPTIONAL(text_generation, double, temperature)
  WEIR_OPTIONAL(text_generation, std::int64_t, top_k)
  WEIR_OPTIONAL(text_generation, std::int64_t, top_n_tokens)
  WEIR_OPTIONAL(text_generation, double, top_p)
  WEIR_OPTIONAL(text_generation, std::int64_t, truncate)
  WEIR_OPTIONAL(text_generation, double, typical_p)
  WEIR_OPTIONAL(text_generation, bool, watermark)

  WEIR_SETTER(text_generation, std::string, model, model_ = std::move(v))
  const std::string& model() const noexcept { return model_; }
  WEIR_SETTER(text_generation, std::string, prompt, prompt_ = std::move(v))
  const std::string& prompt() const noexcept { return prompt_; }
  /// Keeps the provider's JSON next to what weir reads from it: event::raw(), attempt::raw.
  text_generation&& keep_raw(bool on = true) && {
    keep_raw_ = on;
    return std::move(*this);
  }
  text_generation& keep_raw(bool on = true) & {
    keep_raw_ = on;
    return *this;
  }
  bool keeps_raw() const noexcept { return keep_raw_; }

  WEIR_SETTER(text_generation, std::string, stop, stop_.push_back(std::move(v)))
  const std::vector<std::string>& stop() const noexcept { return stop_; }
  /// See chat::options().
  WEIR_FIELD(text_generation, weir::call_options, options)
  /// Any other member of the body's root: a JSON value in text form.
  text_generation&& extra_body(std::string key, std::string json) && {
    extra_body_.emplace_back(std::move(key), std::move(json));
    return std::move(*this);
  }
  text_generation& extra_body(std::string key, std::string json) & {
    extra_body_.emplace_back(std::move(key), std::move(json));
    return *this;
  }
  const std::vector<std::pair<std::string, std::string>>& extra_body() const noexcept { return extra_body_; }

private:
  weir::call_options options_;
  std::string model_;
  std::string prompt_;
  bool keep_raw_ = false;
  std::vector<std::string> stop_;
  std::vector<std::pair<std::string, std::string>> extra_body_;
  std::optional<std::string> adapter_id_;
  std::optional<std::int64_t> best_of_, max_new_tokens_, top_k_, top_n_tokens_, truncate_;
  std::optional<bool> decoder_input_details_, details_, do_sample_, return_full_text_, watermark_;
  std::optional<double> frequency_penalty_, repetition_penalty_, temperature_, top_p_, typical_p_;
  std::optional<weir::grammar> grammar_;
  std::optional<std::uint64_t> seed_;
};

/// One generated sequence, complete with its tokens.
struct generated_sequence {
  generated_sequence() = default;
  std::string text;
  std::string finish_reason;
  std::optional<std::uint64_t> generated_tokens;
  std::optional<std::uint64_t> input_length; ///< Streams only.
  std::optional<std::uint64_t> seed;
  std::vector<token_info> prefill;
  std::vector<token_info> tokens;
  std::vector<std::vector<token_info>> top_tokens;
};

/// The result of a text generation, with everything that arrived whatever the outcome.
struct generation {
  generation() = default;

  const std::string& text() const noexcept { return sequence.text; }

  generated_sequence sequence;
  std::vector<generated_sequence> best_of; ///< The other sequences of `best_of`.
  weir::outcome outcome = weir::outcome::truncated;
  weir::usage usage;
  weir::failure failure;
  /// What happened on the wire, as completion::attempt.
  std::shared_ptr<const weir::attempt> attempt;

  /// Adds one streamed event.
  void add(const event& e);
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
