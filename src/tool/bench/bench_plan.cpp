// The load and the plan that the arguments of weir bench ask for.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <vector>

#include "core/time/duration.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/option_values.hpp"
#include "tool/arguments/task_arguments.hpp"
#include "tool/bench/bench_arguments.hpp"
#include "tool/bench/option_times.hpp"

namespace weir::inline v0::cli {

namespace {

// `0.95` or `95%`.
double share_of(std::string_view option, std::string_view given) {
  const bool percent = given.ends_with('%');
  const auto n = number_in<double>(given.substr(0, given.size() - (percent ? 1 : 0)));
  const double share = n ? *n / (percent ? 100 : 1) : -1;
  if (!(share > 0 && share <= 1))
    refuse_value(option, "a share above 0, such as 0.95 or 95%", given);
  return share;
}

double rate_of(std::string_view option, const std::string& given) {
  const auto n = number_in<double>(given);
  if (!n || !(*n > 0) || *n > 1e6)
    refuse_value(option, "requests a second, above 0 and up to 1000000", given);
  return *n;
}

[[noreturn]] void refuse(std::string why) { throw error(errc::invalid_argument, std::move(why)); }

// What only the pieces of an answer tell.
constexpr std::array of_streams{bench_metric::ttft,      bench_metric::ttft_sent, bench_metric::ttfo,
                                bench_metric::chunk_gap, bench_metric::itl,       bench_metric::tpot};

bool is_of_streams(bench_metric m) noexcept {
  return std::find(of_streams.begin(), of_streams.end(), m) != of_streams.end();
}

std::string metrics_without_streams() {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < bench_metrics; ++i)
    if (const auto m = static_cast<bench_metric>(i); !is_of_streams(m))
      names.push_back(name_of(m));
  return fmt::format("{}", fmt::join(names, ", "));
}

// The metric of `ttft.p95 > 1s`; empty for other figures.
std::optional<bench_metric> metric_in(std::string_view check) {
  return bench_metric_of(check.substr(0, check.find_first_of(".<> ")));
}

} // namespace

std::optional<duration> time_of(std::string_view option, const std::string& given) {
  if (given.empty())
    return std::nullopt;
  std::optional<duration> time;
  try {
    time = parse_duration(given);
  } catch (const error&) {
    refuse_value(option, "a time such as 500ms, 30s or 5m", given);
  }
  if (*time > std::chrono::hours(24 * 366))
    refuse_value(option, "a time of at most a year", given);
  return time;
}

bench_load bench_arguments::load() const {
  if (replay_ || !replay_speed_.empty()) {
    const auto speed = replay_speed_.empty() ? std::optional(1.0) : number_in<double>(replay_speed_);
    if (!speed || !(*speed > 0))
      refuse_value("--speed", "a number above 0", replay_speed_);
    return bench_load::recorded(*speed);
  }
  if (!rate_.empty() || searches()) {
    auto load = rate_.empty() ? bench_load::rate(1) : value_of("--rate", [this] { return parse_bench_load(rate_); });
    if (poisson_)
      load.poisson();
    if (!burstiness_.empty())
      load.gamma(rate_of("--burstiness", burstiness_));
    return load;
  }
  const auto n = concurrency_.empty() ? std::optional<std::size_t>(1) : number_in<std::size_t>(concurrency_);
  if (!n || *n == 0 || *n > 100'000)
    refuse_value("--concurrency", "a number of requests from 1 to 100000", concurrency_);
  return bench_load::at_once(*n, time_of("--rise", rise_).value_or(duration()));
}

// Other prompts in each run, or the target's cache would know them. The parts of a plan have the same ones.
std::uint64_t bench_arguments::seed() const {
  if (seed_ == no_seed)
    seed_ = split_.empty() ? std::random_device()() : 0;
  return seed_;
}

std::vector<double> bench_arguments::multiples() const {
  if (peak_.empty())
    return {};
  const double r = rate_of("--peak", peak_);
  return {r, 2 * r, 3 * r};
}

bench_options bench_arguments::plan() const {
  bench_options o;
  o.load(load()).requests(requests_).seed(seed()).streamed(!whole_);
  times_to(o);
  if (!slo_.empty())
    o.objectives(value_of("--slo", [this] { return parse_slos(slo_); }));
  if (!good_share_.empty())
    o.good_share(share_of("--good-share", good_share_));
  if (!first_rate_.empty())
    o.first_rate(rate_of("--first-rate", first_rate_));
  if (!most_rate_.empty())
    o.most_rate(rate_of("--max-rate", most_rate_));
  if (o.first_rate() > o.most_rate())
    refuse(first_rate_.empty() ? "--max-rate is below the first rate, 1 a second: give --first-rate as well"
                               : "--first-rate is above --max-rate");
  if (!cancel_.empty()) {
    const auto colon = std::min(cancel_.find(':'), cancel_.size());
    const auto after = colon < cancel_.size() ? time_of("--cancel", cancel_.substr(colon + 1)) : std::nullopt;
    if (!after || *after <= duration())
      refuse_value("--cancel", "SHARE:TIME, such as 5%:2s", cancel_);
    o.cancel(share_of("--cancel", std::string_view(cancel_).substr(0, colon)), *after);
  }
  part_to(o);
  check_figures(o);
  return o;
}

void bench_arguments::times_to(bench_options& o) const {
  o.length(time_of("--duration", length_).value_or(duration()));
  if (!length_.empty() && o.length() == duration())
    refuse_value("--duration", "a time above 0", length_);
  if (searches() && !length_.empty() && o.length() < std::chrono::milliseconds(300))
    refuse_value("--duration", "at least 300ms with --find-peak and --peak", length_);
  if (const auto t = time_of("--warm-up", warm_up_))
    o.warm_up(*t);
  if (const auto t = time_of("--drain", drain_))
    o.drain(*t);
  o.window(time_of("--window", window_).value_or(duration()));
  if (!window_.empty() && o.window() < std::chrono::milliseconds(100))
    refuse_value("--window", "at least 100ms", window_);
  if (o.window() > duration() && o.length() / o.window() > 10'000)
    refuse("--window is too short for this --duration: a run has at most 10000 windows");
  o.turn(time_of("--turn", turn_).value_or(duration()));
}

void bench_arguments::part_to(bench_options& o) const {
  if (split_.empty())
    return;
  const auto slash = std::min(split_.find('/'), split_.size());
  const auto k = number_in<unsigned>(std::string_view(split_).substr(0, slash));
  const auto n = slash < split_.size() ? number_in<unsigned>(std::string_view(split_).substr(slash + 1)) : std::nullopt;
  if (!k || !n || *k == 0 || *k > *n || *n > 10'000)
    refuse_value("--split", "K/N with K from 1 to N, such as 2/8, and N up to 10000", split_);
  if (o.load().what() == bench_load::kind::closed && o.load().concurrency() < *n)
    refuse(fmt::format("--split {} needs a --concurrency of at least {}, one request for each part", split_, *n));
  o.part(*k, *n);
}

// A metric that no answer has would never be missed, and a peak that is not looked for never found.
void bench_arguments::check_figures(const bench_options& o) const {
  for (const auto& check : fail_if_)
    if (!searches() && check.starts_with("peak"))
      refuse(fmt::format("--fail-if '{}' needs --find-peak or --peak", check));
  const bool other_task = !task_.empty() && task_of(task_) != task_kind::text_generation;
  if (!whole_ && !other_task)
    return;
  const auto refuse_metric = [&](std::string_view option, bench_metric m) {
    refuse(fmt::format("{}: {} needs a stream, which {}; without one there are {}", option, name_of(m),
                       whole_ ? "--no-stream turns off" : fmt::format("--task {} has not", task_),
                       metrics_without_streams()));
  };
  for (const auto& objective : o.objectives())
    if (is_of_streams(objective.of()))
      refuse_metric("--slo", objective.of());
  for (const auto& check : fail_if_)
    if (const auto m = metric_in(check); m && is_of_streams(*m))
      refuse_metric("--fail-if", *m);
  if (other_task && (!output_tokens_.empty() || ignore_eos_))
    refuse(fmt::format("{} limits answers of chats and text-generation, not of --task {}",
                       ignore_eos_ ? "--ignore-eos" : "--output-tokens", task_));
}

} // namespace weir::inline v0::cli
