// The Hub's mapping of a model to the vendors that serve it (docs/providers.md, "Mapping"). Pure: the client fetches.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "provider/dialect.hpp"

namespace weir::inline v0::provider {

/// Who serves a model, and under which name.
class mapping {
public:
  mapping() = default;
  mapping(std::string provider, std::string model) : provider(std::move(provider)), model(std::move(model)) {}
  std::string provider;
  std::string model;
  std::optional<adapter> lora; ///< The model is an adapter, applied to the provider's base model.
};

/// Path and query of the lookup; a GET at the Hub (`https://huggingface.co` unless HF_ENDPOINT says
/// otherwise), with the hf_ token, because the order of the vendors is the token owner's. The Hub
/// responds 307 for a renamed model.
/// \throws weir::error errc::invalid_argument for what is not a model's name.
std::string mapping_target(std::string_view model);

/// Reads the lookup's response, in its object and its array form. For "auto" picks the first vendor that weir knows,
/// that has the task and is not in error.
/// \throws weir::error errc::unsupported if nobody (or not this vendor) serves the model for the
/// task, naming who does; errc::malformed_response.
mapping parse_mapping(std::string_view body, std::string_view provider, task what);

/// Path of the Hub's list of tasks; a GET at the Hub, without a key.
inline constexpr std::string_view tasks_target = "/api/tasks";
/// The model that the Hub recommends for a task, from that list (docs/providers.md, "Mapping").
/// \throws weir::error errc::unsupported if it recommends none; errc::malformed_response.
std::string default_model(std::string_view body, task what);

/// Completes a route that needs a mapping.
void apply_mapping(route& r, const mapping& m);

} // namespace weir::inline v0::provider
