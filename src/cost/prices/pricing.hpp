// What a usage costs at the prices of one entry. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/cost/prices.hpp>

#include "cost/prices/table.hpp"

namespace weir::inline v0 {

/// How a request was served, as far as its price depends on it.
struct price_service {
  price_service() = default;
  /// Names are compared in lower case; those of the standard service become empty.
  price_service(std::string_view tier, std::string_view speed, bool batch);
  std::string tier, speed;
  bool batch = false;
  bool standard() const noexcept { return tier.empty() && speed.empty() && !batch; }
};

/// The rates for one request.
struct request_rates {
  request_rates() = default;
  const unit_rates& rates() const noexcept { return mixed ? *mixed : *listed; }
  /// Of the period, or made of several of its rates.
  const unit_rates* listed = nullptr;
  std::optional<unit_rates> mixed;
  /// Of those, the ones that the list does not have for this service and size: scaled from others of the service.
  std::uint32_t scaled = 0;
  bool is_scaled(usage_unit u) const noexcept { return (scaled >> static_cast<unsigned>(u) & 1) != 0; }
  /// Empty, or what of the service has no price at all.
  std::string remark;
};

/// The rates of a period, which must outlive them, for a prompt of that many tokens, sent at `at` (seconds since 1970).
request_rates rates_for(const price_period& p, std::uint64_t prompt, const price_service& how, std::int64_t at);

/// The unit whose rate a unit is charged at: itself, or another where the list has no rate for it; empty if there is
/// none of these either. Of cache writes the dearest that may be meant, never nothing.
std::optional<usage_unit> charged_as(const unit_rates& rates, usage_unit u) noexcept;

/// What a usage costs. Sets computed, or why_unpriced; incomplete and remark.
void price_usage(const price_period& p, const usage& u, const price_service& how, std::int64_t at, priced& result);

} // namespace weir::inline v0
