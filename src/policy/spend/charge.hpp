// What one attempt used and cost, once it has ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <weir/cost/ledger.hpp>
#include <weir/policy/handler.hpp>

namespace weir::inline v0 {

/// How an attempt ended.
class attempt_end {
public:
  attempt_end() = default;
  weir::outcome outcome = weir::outcome::cancelled;
  weir::failure failure;
  weir::usage usage;
  answer_info info;
  std::string_view answered; ///< The text of a complete response, for an estimate; empty for streams.
};

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

/// What a call may use and cost; no cost if there is no price.
class upper_bound {
public:
  upper_bound() = default;
  token_estimate tokens;
  std::optional<money> cost;
};
/// For a task without tokens the cost is that of one request and, if it makes images, of one image.
upper_bound bound_of(const call& c, const price_book* prices, std::chrono::system_clock::time_point now);

/// A server at a URL has its own prices, by its host; where no list has them, those of the provider that it stands for
/// hold: see price_of().
price_query query_of(const target& to, const std::string& provider, const std::string& model,
                     std::chrono::system_clock::time_point now);
/// The price of an attempt, by `prices` if that is not null and by what the provider reports.
priced price_of(const price_book* prices, const price_query& q, const std::string& provider);
/// What the provider's prompt cache saved; empty if nothing was read from it or there is no price.
std::optional<money> saved_by_cache(const price_book* prices, const price_query& q, const priced& p);

} // namespace weir::inline v0
