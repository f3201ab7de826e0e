// Models and who serves them: prices, context, speed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>
#include <weir/task/usage.hpp>

WEIR_BEGIN_NAMESPACE

/// What tokens cost, in USD per million.
struct token_price {
  token_price() = default;
  token_price(double input, double output) : input(input), output(output) {}
  std::optional<double> input;
  std::optional<double> output;

  /// The price of a call in USD: what the provider itself reported, otherwise its tokens at this price, cached ones at
  /// full price, which makes it an upper bound. Empty if a count or a price is not known.
  std::optional<double> cost(const usage& u) const;
};

/// A provider of a model. What a source does not report is empty.
struct model_provider {
  model_provider() = default;
  std::string id;
  std::string status; ///< `live`, `staging` or `error`; empty if not reported.
  std::string model;  ///< The provider's own name for the model; empty if not reported.
  std::string task;   ///< As the Hub names it (`text-to-image`, `conversational`); empty if not reported.
  token_price price;
  std::optional<duration> first_token;         ///< Latency to the first token, as measured by the source.
  std::optional<double> throughput;            ///< Tokens per second, as measured by the source.
  std::optional<std::uint64_t> context_length; ///< Tokens.
  std::optional<bool> supports_tools;
  std::optional<bool> supports_structured_output;
  std::optional<bool> is_free;
  std::optional<bool> is_model_author;

  /// Whether it serves the model, as far as is known.
  bool live() const noexcept { return status.empty() || status == "live"; }
  /// token_price::cost(), or zero if the provider is free.
  std::optional<double> cost(const usage& u) const;
};

/// A model that can be called, as a router, the Hub or a server lists it.
struct model_info {
  model_info() = default;
  std::string id;
  std::string owner;
  std::optional<std::chrono::system_clock::time_point> created;
  std::string task;                            ///< As the Hub names it; empty if not reported.
  std::optional<std::uint64_t> context_length; ///< The server's own, or the largest of the providers'.
  std::vector<std::string> input_modalities;   ///< `text`, `image`, …
  std::vector<std::string> output_modalities;
  token_price price;                     ///< Of a server that serves the model itself; see also the providers'.
  std::vector<model_provider> providers; ///< In the order of the source; empty for a server's own models.

  /// The provider of that id; nullptr if it does not serve the model.
  const model_provider* provider(std::string_view id) const noexcept;
  /// What a call cost in USD at that provider, or, without one, at the server itself.
  std::optional<double> cost(const usage& u, std::string_view provider = {}) const;
};

WEIR_END_NAMESPACE
