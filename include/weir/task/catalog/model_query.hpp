// Which models to list.
#pragma once

#include <string>
#include <utility>

#include <weir/detail/abi.hpp>
#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

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

  /// `org/name` exactly, otherwise a part of the name, case-insensitive.
  WEIR_FIELD(model_query, std::string, name)
  /// Only models that this provider serves. Default: the client's own, where that is not "auto".
  WEIR_FIELD(model_query, std::string, provider)
  /// Only models for this task, as the Hub names it: `text-to-image`, `conversational`.
  WEIR_FIELD(model_query, std::string, task)
  /// Uses the Hub's listing for chat models too: it has no prices, but the models of every provider.
  WEIR_SETTER(model_query, bool, from_hub, from_hub_ = v)
  bool from_hub() const noexcept { return from_hub_; }

private:
  std::string name_, provider_, task_;
  bool from_hub_ = false;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
