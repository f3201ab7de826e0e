// Times that vary: those of a provider under load.
#pragma once

#include <string>
#include <string_view>

#include <weir/core/random.hpp>
#include <weir/core/time.hpp>

namespace weir::inline v0::sim {

/// A distribution of times, whose percentiles are known: `50ms`, `uniform(20ms,80ms)`, `lognormal(50ms,0.5)` by its
/// median and the deviation of its logarithm, `bimodal(20ms,200ms,0.1)` where a tenth takes the second one.
class spread {
public:
  spread() = default;
  explicit spread(duration always) : a_(always) {}
  /// \throws weir::error errc::invalid_argument saying what is wrong.
  static spread parse(std::string_view text);

  duration draw(random_source& random) const;
  /// The time that this share of the draws does not exceed, exactly. `share`: above 0, below 1.
  duration at(double share) const;
  bool is_fixed() const noexcept { return kind_ == kind::fixed; }

private:
  enum class kind { fixed, uniform, lognormal, bimodal };
  kind kind_ = kind::fixed;
  duration a_{}, b_{};
  double c_ = 0; // the deviation, or the share of the second
};

} // namespace weir::inline v0::sim
