// Where a call may go.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <weir/detail/abi.hpp>
#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// How a target resumes an answer that begins with a given text (assistant prefill).
enum class prefill : unsigned char {
  none,    ///< It cannot: it would begin a new answer.
  message, ///< The text as a final assistant message is enough (Anthropic, Groq and others).
  prefix,  ///< That message also has `"prefix": true` (Mistral, DeepSeek's beta).
  vllm,    ///< The request has `continue_final_message`, and no generation prompt (vLLM, SGLang).
};

/// A provider, a model and a key, by name. Empty fields are taken from the client's options and the request. A URL that
/// the options do not name gets a key only if the target names the key too.
///
///     weir::target("groq/llama-3.3-70b-versatile")
///     weir::target().base_url("http://127.0.0.1:8000/v1").model("local")
class target {
public:
  target() = default;
  /// `PROVIDER` or `PROVIDER/MODEL`, where the model may have slashes of its own.
  explicit target(std::string_view text) {
    const auto slash = text.find('/');
    provider_ = text.substr(0, slash);
    if (slash != std::string_view::npos)
      model_ = text.substr(slash + 1);
  }

  WEIR_FIELD(target, std::string, provider)
  WEIR_FIELD(target, std::string, model)
  WEIR_FIELD(target, std::string, base_url)
  /// The name of a credential, see credentials::named(). Never the credential itself.
  WEIR_FIELD(target, std::string, key)
  /// Only targets with one are used to resume an answer that broke off; see fallback::resume_interrupted().
  WEIR_SETTER(target, weir::prefill, prefill, prefill_ = v)
  weir::prefill prefill() const noexcept { return prefill_; }

  /// The origin, with credential, with model: what quotas, breakers and limits are counted by.
  std::string origin_id() const { return base_url_.empty() ? provider_ : provider_ + ' ' + base_url_; }
  std::string credential_id() const { return key_.empty() ? origin_id() : origin_id() + " [" + key_ + ']'; }
  std::string model_id() const { return credential_id() + " / " + model_; }
  /// `provider/model`, for messages.
  std::string text() const {
    return (base_url_.empty() ? provider_ : base_url_) + (model_.empty() ? "" : "/" + model_);
  }

  /// The same place, model and key.
  friend bool operator==(const target& a, const target& b) {
    return a.provider_ == b.provider_ && a.base_url_ == b.base_url_ && a.model_ == b.model_ && a.key_ == b.key_;
  }

private:
  std::string provider_, model_, base_url_, key_;
  weir::prefill prefill_ = weir::prefill::none;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
