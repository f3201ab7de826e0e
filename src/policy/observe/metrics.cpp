#include <weir/policy/observe/metrics.hpp>

#include <utility>

#include "policy/observe/call_metrics.hpp"
#include "policy/observe/metrics_text.hpp"

namespace weir::inline v0 {

class metrics::state {
public:
  explicit state(std::size_t max) : counts(max) {}
  call_metrics counts;
};

metrics::metrics(std::size_t max_label_sets) : state_(std::make_unique<state>(max_label_sets)) {}
metrics::~metrics() = default;

void metrics::call_begun(const call_record&) noexcept { state_->counts.call_begun(); }
void metrics::attempt_ended(const call_record& call, const attempt& a) noexcept {
  state_->counts.attempt_ended(call, a);
}
void metrics::call_ended(const call_record& call) noexcept { state_->counts.call_ended(call); }

void metrics::spent(std::string_view provider, std::string_view model, std::string_view key, std::string_view tier,
                    std::string_view currency, double amount) noexcept {
  state_->counts.spent(provider, model, key, tier, currency, amount);
}
void metrics::unpriced(std::string_view provider, std::string_view model) noexcept {
  state_->counts.unpriced(provider, model);
}

void metrics::gauges(std::function<std::vector<gauge>()> source) { state_->counts.gauges(std::move(source)); }

std::string metrics::prometheus() const { return prometheus_text(state_->counts.read()); }

} // namespace weir::inline v0
