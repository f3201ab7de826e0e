// Ranks and weights a model's providers by price, throughput or latency.
#pragma once

#include <cstdint>
#include <vector>

#include <weir/detail/abi.hpp>
#include <weir/policy/routing.hpp>
#include <weir/task/catalog/model_info.hpp>
#include <weir/task/target.hpp>

WEIR_BEGIN_NAMESPACE

/// What the providers of one model are compared by. The Hugging Face router itself offers the first two.
enum class preference : std::uint8_t {
  fastest,  ///< The most tokens per second.
  cheapest, ///< The lowest price per output token, then per input token; free ones first.
  soonest,  ///< The lowest latency to the first token.
};

/// The model's providers that are live, best first, as targets: for fallback::targets(). Those for which the measure is
/// not known come last, in the source's order.
///
///     auto found = co_await client.models(weir::model_query("openai/gpt-oss-120b"));
///     options.fallback(weir::fallback().targets(weir::ranked(found.at(0), weir::preference::cheapest)));
std::vector<target> ranked(const model_info& m, preference by);

/// Spreads calls over the model's live providers, in proportion to the throughput or inversely to price or latency. A
/// provider for which the measure is not known has the share of the worst known one, and a free one twice that of the
/// best. Shares differ by a factor of 100 at most. routing::by() then also accounts for how they perform.
routing spread(const model_info& m, preference by);

WEIR_END_NAMESPACE
