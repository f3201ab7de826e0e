#include "bench/record/check_figure.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>

#include <weir/core/error.hpp>

#include "bench/record/record.hpp"
#include "core/time/duration.hpp"

namespace weir::inline v0::bench_record {

namespace {

constexpr std::array shares{std::string_view("good_share"), std::string_view("failures")};
constexpr std::array rates{std::string_view("rate"), std::string_view("goodput"), std::string_view("output_rate"),
                           std::string_view("peak")};

std::string fixed(double d, int digits) {
  char text[340];
  const auto end = std::to_chars(text, text + sizeof text, d, std::chars_format::fixed, digits).ptr;
  return std::string(text, end);
}

// `p95` → 0.95, `p99.9` → 0.999.
std::optional<double> percentile(std::string_view text) {
  if (text == "mean")
    return 0;
  if (text == "max")
    return 1;
  double n = 0;
  if (!text.starts_with('p'))
    return std::nullopt;
  const auto [end, ec] = std::from_chars(text.data() + 1, text.data() + text.size(), n);
  const bool fits = ec == std::errc() && end == text.data() + text.size() && n > 0 && n < 100;
  return fits ? std::optional(n / 100) : std::nullopt;
}

std::string statement(std::string_view name, std::string_view where) {
  return std::string(name) + " is not known" + std::string(where) + ": ";
}

std::string keys_of(const std::map<std::string, duration>& all) {
  std::string list;
  for (const auto& [name, time] : all)
    list += (list.empty() ? "" : ", ") + name;
  return list;
}

} // namespace

check_figure::check_figure(std::string_view name) : name_(name) {
  if (std::find(shares.begin(), shares.end(), name) != shares.end())
    kind_ = kind::share;
  else if (std::find(rates.begin(), rates.end(), name) != rates.end())
    kind_ = kind::rate;
  else {
    const auto dot = std::min(name.find('.'), name.size());
    const auto m = bench_metric_of(name.substr(0, dot));
    const auto p = dot < name.size() ? percentile(name.substr(dot + 1)) : std::nullopt;
    if (!m || !p)
      throw error(errc::invalid_argument, "there is no figure \"" + name_ +
                                              "\": there are good_share, failures, rate, goodput, output_rate, peak, "
                                              "and a metric with .mean, .max or a percentile: ttft.p95");
    metric_ = *m;
    percentile_ = *p;
  }
}

double check_figure::time_of(const bench_result& r, std::size_t target, std::string_view where) const {
  const auto& all = r.times(metric_, target);
  if (all.empty()) {
    const auto& told = r.data().targets[target].told_times;
    const auto same = told.find(std::string(name_of(metric_)) + name_.substr(name_.find('.')));
    if (same != told.end())
      return static_cast<double>(same->second.count());
    throw error(errc::invalid_argument,
                statement(name_, where) + (told.empty() ? "no call has it" : "it has " + keys_of(told)));
  }
  if (percentile_ == 0 || percentile_ == 1)
    return static_cast<double>((percentile_ == 0 ? all.mean() : all.max()).count());
  const auto p = measure::percentile_of(all, percentile_);
  if (!p.value)
    throw error(errc::invalid_argument, statement(name_, where) + "it takes " + std::to_string(p.needed) +
                                            " values, and there are " + std::to_string(p.samples) +
                                            ": run longer, or check a lower percentile");
  return static_cast<double>(p.value->count());
}

double check_figure::of(const bench_result& r, std::size_t target, std::string_view where) const {
  if (kind_ == kind::time)
    return time_of(r, target, where);
  if (name_ == "peak") {
    if (!r.peak())
      throw error(errc::invalid_argument, statement(name_, where) + "no peak was looked for, or none found");
    return *r.peak();
  }
  if (r.calls(target) == 0)
    throw error(errc::invalid_argument, statement(name_, where) + "there were no calls");
  if (name_ == "good_share")
    return r.good_share(target);
  if (name_ == "failures")
    return static_cast<double>(r.calls(target) - r.succeeded(target)) / static_cast<double>(r.calls(target));
  if (name_ == "output_rate")
    return r.output_tokens_per_s(target);
  const double rate = r.rate(target);
  if (name_ == "rate" || r.succeeded(target) == 0)
    return rate;
  return rate * static_cast<double>(r.data().targets[target].all.good) / static_cast<double>(r.succeeded(target));
}

std::string check_figure::text(double value) const {
  if (kind_ == kind::time)
    return format_duration(duration(static_cast<duration::rep>(value)));
  return kind_ == kind::share ? fixed(100 * value, 2) + " %" : fixed(value, 2) + "/s";
}

} // namespace weir::inline v0::bench_record
