#include <weir/bench/result.hpp>

#include <chrono>
#include <string>

#include <weir/core/error.hpp>

#include "bench/record/record.hpp"
#include "bench/record/record_json.hpp"
#include "core/time/in_seconds.hpp"
#include "cost/plain_text.hpp"

WEIR_BEGIN_NAMESPACE

namespace {

using bench_record::target_record;

const target_record& target_of(const bench_result::record& r, std::size_t i) {
  if (i < r.targets.size())
    return r.targets[i];
  throw error(errc::invalid_argument, "the result has no target " + std::to_string(i) + ": there are " +
                                          std::to_string(r.targets.size()) + ", counted from 0");
}

double a_second(std::uint64_t n, duration over) {
  return over > duration() ? static_cast<double>(n) / in_seconds(over) : 0;
}

// Of the answers that were complete in the time that was measured. Those of calls that began in it would not show that
// a target falls behind.
double a_second(const bench_result::record& r, std::size_t target, std::uint64_t bench_record::window::* what) {
  std::uint64_t n = 0;
  for (const auto& w : r.windows)
    if (!w.warm_up && w.target == target)
      n += w.*what;
  return a_second(n, target_of(r, target).measured);
}

std::string missing_text(const std::vector<unsigned>& missing, unsigned of) {
  std::string list;
  for (std::size_t i = 0; i < missing.size() && i < 10; ++i)
    list += (i > 0 ? ", " : "") + std::to_string(missing[i]);
  if (missing.size() > 10)
    list += " and more";
  return (missing.size() == 1 ? "part " : "parts ") + list + " of " + std::to_string(of) +
         (missing.size() == 1 ? " is missing" : " are missing");
}

} // namespace

bench_result::bench_result() : record_(std::make_shared<record>()) {}

bool bench_result::valid() const noexcept {
  return (record_->trusted().valid || !record_->made_by.empty()) && record_->missing_parts().empty();
}
bool bench_result::complete() const noexcept { return record_->complete; }

std::string bench_result::verdict() const {
  const auto& r = *record_;
  const auto judged = r.trusted();
  const auto missing = r.missing_parts();
  auto text = judged.text();
  if (!r.made_by.empty()) {
    text = "not verified: ";
    append_plain(text, r.made_by, 60);
    text += " does not record whether the load generator kept up";
  }
  if (!missing.empty())
    text = "invalid: " + missing_text(missing, r.parts) + (judged.valid ? "" : "; " + text);
  if (!r.complete) {
    text += r.incomplete_because.empty() ? "; incomplete" : "; incomplete: ";
    append_plain(text, r.incomplete_because, 500);
  }
  if (!r.merged && r.parts > 1 && r.origins.size() == 1)
    text += "; this is part " + std::to_string(r.origins[0].part) + " of " + std::to_string(r.parts) + " alone";
  return text;
}

std::size_t bench_result::targets() const noexcept { return record_->targets.size(); }
std::uint64_t bench_result::calls(std::size_t target) const { return target_of(*record_, target).all.calls; }
std::uint64_t bench_result::succeeded(std::size_t target) const { return target_of(*record_, target).all.complete; }

double bench_result::good_share(std::size_t target) const {
  const auto& all = target_of(*record_, target).all;
  return all.calls > 0 ? static_cast<double>(all.good) / static_cast<double>(all.calls) : 0;
}
double bench_result::rate(std::size_t target) const {
  return a_second(*record_, target, &bench_record::window::complete);
}
double bench_result::output_tokens_per_s(std::size_t target) const {
  return a_second(*record_, target, &bench_record::window::output_tokens);
}
const histogram& bench_result::times(bench_metric m, std::size_t target) const {
  (void)target_of(*record_, target);
  return record_->told(target).of(m);
}
std::optional<duration> bench_result::at(bench_metric m, double share, std::size_t target) const {
  return measure::percentile_of(times(m, target), share).value;
}
std::optional<double> bench_result::peak() const noexcept { return record_->peak ? record_->peak->knee : std::nullopt; }

std::string bench_result::json() const { return bench_record::to_json(*record_); }

bench_result read_bench_result(std::string_view text) {
  return bench_result(std::make_shared<const bench_result::record>(bench_record::read_record(text)));
}

WEIR_END_NAMESPACE
