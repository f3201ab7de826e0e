// A provider that a program adds to those that weir knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// How a provider wants a JSON Schema for the answer (`response_format`).
enum class schema_form : std::uint8_t {
  openai,      ///< {type: json_schema, json_schema: {name, schema, strict}}
  json_object, ///< {type: json_object, schema}
  flattened,   ///< {type: json_schema, schema}
  tgi,         ///< {type: json_object, value: schema}
};

/// How a provider generates text.
enum class generation_form : std::uint8_t {
  none,
  completions, ///< OpenAI's legacy completions API.
  tgi,         ///< {inputs, parameters, stream}
  chat,        ///< As a chat with one user message: there is no other route.
};

/// A provider that weir has no name for: where it is, how it is spoken to, and where its key goes. options::vendor()
/// adds it, and its name can then stand wherever a provider's name can.
///
///     weir::vendor acme("acme");
///     acme.base_url("https://llm.acme.example/v1").key_variable("ACME_API_KEY");
///     weir::client client(weir::from_environment().vendor(acme).provider("acme"));
///
/// It speaks OpenAI's dialect unless dialect() says otherwise, is always called directly, never through Hugging Face's
/// router, and gets its own key, that of options::credentials() for its name or the one in its variable, but no Hugging
/// Face token. The key goes to the origin of base_url() and nowhere else.
class vendor {
public:
  /// `name`: lower-case letters, digits, `.`, `_` and `-`, at most 64; no name that weir itself has.
  explicit vendor(std::string name) : name_(std::move(name)) {}

  const std::string& name() const noexcept { return name_; }

  /// Absolute, http or https, without user information and keys. A key goes over https only, unless the host is this
  /// machine. Required.
  WEIR_FIELD(vendor, std::string, base_url)
  /// Paths of chat, text generation and the list of models, which are appended to the base URL's path as they are;
  /// `{model}` stands for the model's name. Defaults: those of the dialect, for OpenAI's `/chat/completions` below a
  /// URL that ends in a version such as `/v1`, else `/v1/chat/completions`; no text generation; the list that belongs
  /// to the path of chat.
  WEIR_FIELD(vendor, std::string, chat_path)
  WEIR_FIELD(vendor, std::string, text_path)
  WEIR_FIELD(vendor, std::string, models_path)
  /// The provider whose chat API it has: anthropic, cohere-v2, gemini, ollama, openai, openai-responses or replicate.
  /// Default: openai.
  WEIR_FIELD(vendor, std::string, dialect)

  /// The header of the key, and the word before the key there. Defaults: `authorization` with `Bearer`, any other
  /// header with the key alone; an empty scheme is none.
  WEIR_FIELD(vendor, std::string, key_header)
  WEIR_OPTIONAL(vendor, std::string, key_scheme)
  /// An environment variable that holds the key, read when a client is made whose credentials have no key for this
  /// vendor. A second one is consulted if the first is not set. Without any the vendor may be called without a key.
  vendor&& key_variable(std::string name) && { return std::move(key_variable(std::move(name))); }
  vendor& key_variable(std::string name) & {
    key_variables_.push_back(std::move(name));
    return *this;
  }
  const std::vector<std::string>& key_variables() const noexcept { return key_variables_; }

  /// A header of every request. Not for keys, nor for what weir sets itself.
  vendor&& header(std::string name, std::string value) && {
    return std::move(header(std::move(name), std::move(value)));
  }
  vendor& header(std::string name, std::string value) & {
    headers_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  const std::vector<std::pair<std::string, std::string>>& headers() const noexcept { return headers_; }

  /// A parameter of every request's URL, such as Azure's `api-version`. Not for keys.
  vendor&& query(std::string name, std::string value) && { return std::move(query(std::move(name), std::move(value))); }
  vendor& query(std::string name, std::string value) & {
    query_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  const std::vector<std::pair<std::string, std::string>>& query() const noexcept { return query_; }

  /// Default: openai.
  WEIR_VALUE(vendor, schema_form, schema)
  /// Default: completions if there is a text_path(), else none.
  WEIR_OPTIONAL(vendor, generation_form, generation)
  /// A member of OpenAI's chat body that the provider refuses, and that is left out. Default: none.
  WEIR_FIELD(vendor, std::string, drops)
  /// The provider refuses a `top_p` of 1, which is left out. Default: false.
  WEIR_VALUE(vendor, bool, refuses_top_p_1)

  /// \throws weir::error errc::invalid_configuration, naming the wrong field under `path`.
  void check(std::string_view path) const;

private:
  std::string name_, base_url_, chat_path_, text_path_, models_path_, drops_;
  std::string dialect_ = "openai";
  std::string key_header_ = "authorization";
  std::optional<std::string> key_scheme_;
  std::vector<std::string> key_variables_;
  std::vector<std::pair<std::string, std::string>> headers_, query_;
  schema_form schema_ = schema_form::openai;
  std::optional<generation_form> generation_;
  bool refuses_top_p_1_ = false;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
