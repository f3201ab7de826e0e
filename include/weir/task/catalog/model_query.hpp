// Which models to list.
#pragma once

#include <string>
#include <utility>

namespace weir {

/// Selects the models that client::models() lists.
///
///     auto served = co_await client.models(weir::model_query("openai/gpt-oss-120b"));
///     auto painters = co_await client.models(weir::model_query().task("text-to-image").provider("fal-ai"));
///
/// The source depends on the query and the client's options:
/// - a base URL: that server's own list (`/v1/models`, or Ollama's `/api/tags`);
/// - a task other than chat, or from_hub(): the Hub's listing of what inference providers serve;
/// - a provider with a key of its own: its own list;
/// - otherwise the Hugging Face router's list of chat models, with prices and speed.
class model_query {
public:
  model_query() = default;
  explicit model_query(std::string name) : name_(std::move(name)) {}

#define WEIR_FIELD(name)                                                                                               \
  model_query&& name(std::string v)&& {                                                                                \
    name##_ = std::move(v);                                                                                            \
    return std::move(*this);                                                                                           \
  }                                                                                                                    \
  model_query& name(std::string v)& {                                                                                  \
    name##_ = std::move(v);                                                                                            \
    return *this;                                                                                                      \
  }                                                                                                                    \
  const std::string& name() const noexcept { return name##_; }
  /// `org/name` exactly, otherwise a part of the name, case-insensitive.
  WEIR_FIELD(name)
  /// Only models that this provider serves. Default: the client's own, where that is not "auto".
  WEIR_FIELD(provider)
  /// Only models for this task, as the Hub names it: `text-to-image`, `conversational`.
  WEIR_FIELD(task)
#undef WEIR_FIELD
  /// Uses the Hub's listing for chat models too: it has no prices, but the models of every provider.
  model_query&& from_hub(bool v) && {
    from_hub_ = v;
    return std::move(*this);
  }
  model_query& from_hub(bool v) & {
    from_hub_ = v;
    return *this;
  }
  bool from_hub() const noexcept { return from_hub_; }

private:
  std::string name_, provider_, task_;
  bool from_hub_ = false;
};

} // namespace weir
