// What a provider's prompt cache saves, and what a change of provider would throw away.
#pragma once

#include <weir/detail/abi.hpp>
#include <weir/task/usage.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// What a token of the prompt costs where the cache is concerned, relative to one that is not. The defaults are
/// Anthropic's; docs/prompt-caching.md has those of others.
class prompt_cache_factors {
public:
  prompt_cache_factors() = default;

  WEIR_VALUE(prompt_cache_factors, double, read)        ///< Default: 0.1.
  WEIR_VALUE(prompt_cache_factors, double, write_5m)    ///< Default: 1.25.
  WEIR_VALUE(prompt_cache_factors, double, write_1h)    ///< Default: 2.
  WEIR_VALUE(prompt_cache_factors, double, write_other) ///< Where the provider chooses how long. Default: 1.

private:
  double read_ = 0.1, write_5m_ = 1.25, write_1h_ = 2, write_other_ = 1;
};

/// What the cache saved in a call, or in the sum of several, as a number of uncached prompt tokens. Negative where
/// writing cost more than reading saved, as in the first call of a conversation. Counts that are absent are zero.
double saved_by_prompt_cache(const usage& u, const prompt_cache_factors& f = prompt_cache_factors());

/// What the next call of a conversation can expect to save at the provider that served the last one, as a number of
/// uncached prompt tokens: what was in the cache then is read again. A call that goes elsewhere, or comes after the
/// cache's lifetime, does not have it: moving pays only if the other price saves more than that.
double lost_by_moving(const usage& last, const prompt_cache_factors& f = prompt_cache_factors());

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
