// Where a call may go.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace weir {

/// A provider, a model and a key, by name. Empty fields mean: as the client's options and the
/// request have it.
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

#define WEIR_FIELD(name)                                                                         \
  target&& name(std::string v) && { name##_ = std::move(v); return std::move(*this); }           \
  target& name(std::string v) & { name##_ = std::move(v); return *this; }                        \
  const std::string& name() const noexcept { return name##_; }
  WEIR_FIELD(provider)
  WEIR_FIELD(model)
  WEIR_FIELD(base_url)
  /// The name of a credential, see credentials::named(). Never the credential itself.
  WEIR_FIELD(key)
#undef WEIR_FIELD

  /// Who is asked and as whom: what quotas, breakers and limits are counted by.
  std::string origin_id() const { return provider_ + ' ' + base_url_; }
  std::string credential_id() const { return origin_id() + ' ' + key_; }
  std::string model_id() const { return credential_id() + ' ' + model_; }
  /// `provider/model` for people.
  std::string text() const { return (base_url_.empty() ? provider_ : base_url_) + (model_.empty() ? "" : "/" + model_); }

  friend bool operator==(const target&, const target&) = default;

private:
  std::string provider_, model_, base_url_, key_;
};

} // namespace weir
