// What an attempt may cost before it is sent, and what it used and cost once it has ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <weir/cost/ledger.hpp>
#include <weir/policy/handler.hpp>

#include "policy/spend/price_names.hpp"

namespace weir::inline v0 {

/// How an attempt ended. Holds references.
class attempt_end {
public:
  attempt_end(weir::outcome o, const weir::failure& f, const weir::usage& u, const answer_info& i,
              std::string_view answered)
      : outcome(o), failure(f), usage(u), info(i), answered(answered) {}
  /// Without an answer.
  attempt_end(weir::outcome o, const weir::failure& f) noexcept;

  weir::outcome outcome;
  const weir::failure& failure;
  const weir::usage& usage;
  const answer_info& info;
  std::string_view answered; ///< The text of a complete response, for an estimate; empty for streams.
};

/// Whether a request's price depends on its tokens alone.
bool has_tokens(const operation& op) noexcept;

/// Whether the provider may charge for it.
enum class billing : std::uint8_t {
  nothing, ///< It was not sent, or the provider refused it.
  known,   ///< By its usage, or by an estimate of a complete answer.
  maybe,   ///< It broke off without a verdict.
};
billing billing_of(const attempt& a, const attempt_end& end) noexcept;

/// What was used: as reported, or estimated from the request's estimate and from what arrived.
usage used_by(const attempt& a, const attempt_end& end, const operation& op, const token_estimate& expected,
              billing how);

/// What a call may use and cost.
class upper_bound {
public:
  upper_bound() = default;
  token_estimate expected;   ///< The likely tokens, for estimates.
  std::uint64_t tokens = 0;  ///< The most, as far as the request tells.
  std::optional<money> cost; ///< Of these; empty if there is no price.
  std::string currency;      ///< Of the cost.
  std::optional<mapped_name> mapped;
};
/// Of a request that is a bounded_operation all that it tells counts: tokens of images and sound at their own prices,
/// images, characters, milliseconds. Of units for the same thing, the dearer counts. A requested service tier counts
/// at its price, but not below the standard one unless it is for cheap service (`flex`, `batch`): what is asked for as
/// dearer may be served as standard.
/// \param names what is known of the target's names.
/// \param q has the time; gets the names.
upper_bound bound_of(const call& c, const price_book* prices, const mapped_names& names, price_query& q);

/// The price of an attempt at a target that answered as `provider` and `model`, by `prices` if that is not null and by
/// what the provider reports. Sets the query's names to those under which there is one.
priced price_of(const price_book* prices, price_query& q, const target& to, const std::string& provider,
                const std::string& model);
/// What the provider's prompt cache saved; empty if nothing was read from it or there is no price.
std::optional<money> saved_by_cache(const price_book* prices, const price_query& q, const priced& p);

} // namespace weir::inline v0
