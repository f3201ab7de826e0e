#include "bench/engine/recorder.hpp"

#include <algorithm>
#include <utility>

#include <weir/cost/prices.hpp>

#include "core/failure/code_name.hpp"
#include "core/time/in_seconds.hpp"
#include "policy/spend/charge.hpp"

namespace weir::inline v0::bench_engine {

namespace {

constexpr std::size_t most_prompts = 1'000'000, most_examples = 100;
// So many calls that all failed, in a way that no further call can mend, are enough.
constexpr std::uint64_t enough_failures = 20;

std::string text_of(const rate_limit_status::bucket& b) {
  std::string s;
  if (b.limit)
    s = std::to_string(*b.limit) + (b.window ? " in " + std::to_string(b.window->count() / 1'000'000'000) + " s" : "");
  if (b.remaining)
    s += (s.empty() ? "" : ", ") + std::to_string(*b.remaining) + " left";
  return s;
}

bool is_hopeless(const failure& f) noexcept {
  const auto c = f.code();
  return c == condition::configuration || c == condition::quota_exhausted || c == errc::resolve_failed ||
         c == errc::connect_failed || c == errc::certificate_rejected || c == errc::tls_failed ||
         (c == condition::refused && f.status() != 429);
}

} // namespace

recorder::recorder(const std::vector<bench_target>& targets, std::vector<slo> objectives) {
  record_.objectives = std::move(objectives);
  for (const auto& t : targets) {
    auto& r = record_.targets.emplace_back();
    r.name = t.name();
    r.provider = t.provider();
    r.model = t.model();
  }
}

void recorder::begin_window(duration now, duration length, std::uint32_t target, bool warm_up) {
  auto& w = record_.windows.emplace_back();
  w.length = length;
  w.target = target;
  w.warm_up = warm_up;
  w.begin = now;
  asides_.emplace_back();
  recent_ttft_ = recent_e2e_ = bench_record::column();
  open_ = true;
}

void recorder::end_window(duration now, cpu_meter::share cpu) {
  auto& w = record_.windows.back();
  w.length = now - w.begin;
  w.health.cpu = cpu.thread;
  w.health.machine = cpu.machine;
  const auto& beats = asides_.back().in_flight;
  double sum = 0;
  for (const double n : beats)
    sum += n;
  w.in_flight = beats.empty() ? static_cast<double>(live_.size()) : sum / static_cast<double>(beats.size());
  if (!w.warm_up)
    record_.targets[w.target].measured += w.length;
  open_ = false;
  settle_delays();
}

// Not with each call that ends, of which there may be thousands a second.
void recorder::settle_delays() {
  for (std::size_t i = 0; i < asides_.size(); ++i)
    if (std::exchange(asides_[i].delay_is_old, false))
      record_.windows[i].health.send_delay = asides_[i].own_delay.at(0.99).value_or(duration());
}

bench_result::record& recorder::record() {
  settle_delays();
  return record_;
}

recorder::call_ref recorder::begin(duration meant, std::uint64_t fingerprint) {
  auto& c = live_.emplace_back();
  c.meant = meant;
  c.window = record_.windows.size() - 1;
  while (c.window > 0 && record_.windows[c.window].begin > meant)
    --c.window;
  auto& w = record_.windows[c.window];
  ++w.meant;
  ++w.health.meant;
  ++w.health.sent;
  auto& now = record_.windows.back();
  now.most_in_flight = std::max<std::uint64_t>(now.most_in_flight, live_.size());
  auto& most = record_.targets[w.target].most_in_flight;
  most = std::max<std::uint64_t>(most, live_.size());
  ++record_.prompts_sent;
  if (prompts_.size() < most_prompts)
    prompts_.insert(fingerprint);
  else if (!prompts_.contains(fingerprint))
    ++record_.distinct_prompts; // beyond what is kept they count as new
  return std::prev(live_.end());
}

namespace {

// How servers, and gateways before them, turn away what is too much for them.
bool sheds_load(int status) noexcept { return status == 429 || status == 503 || status == 529; }

} // namespace

measure::tally recorder::sum_apart() {
  auto all = std::exchange(apart_, measure::tally());
  return std::move(all).value_or(measure::tally());
}

void recorder::drop(call_ref call) {
  ++target_of(call->window).unfinished;
  live_.erase(call);
}

void recorder::end(call_ref call, const landing& l, const price_book* prices) {
  const auto index = call->window;
  live_.erase(call);
  auto& w = record_.windows[index];
  auto& side = asides_[index];
  auto& target = record_.targets[w.target];
  side.own_delay.add(l.own_delay);
  w.send_delay.add(l.times.of(bench_metric::send_delay).value_or(l.own_delay));
  side.delay_is_old = true;
  ++w.health.calls;
  w.health.retries += l.times.attempts - 1;
  note_target(target, l);
  if (l.by_plan) {
    target.cancelled += !w.warm_up;
    return;
  }
  const auto& t = l.times;
  const bool good = is_good(t, record_.objectives), throttled = sheds_load(t.status);
  ++ended_;
  (t.complete() ? succeeded_ : failed_) += 1;
  good_ += good;
  last_failed_ = !t.complete();
  w.good += good;
  ++side.ended;
  side.throttled += throttled;
  if (t.meant < w.begin + w.length / 5) {
    ++side.early;
    side.early_good += good;
  }
  if (t.complete()) {
    if (const auto v = t.of(bench_metric::ttft)) {
      w.ttft.add(*v);
      side.sum.ttft += in_seconds(*v);
      ++side.sum.with_ttft;
    }
    const auto e2e = t.of(bench_metric::e2e).value_or(t.ended - t.meant);
    w.e2e.add(e2e);
    side.sum.e2e += in_seconds(e2e);
    for (const auto gap : t.gaps)
      w.chunk_gap.add(gap);
    ++side.sum.complete;
    side.sum.output_tokens += t.output_tokens;
  }
  ++side.sum.calls;
  if (w.warm_up)
    ++target.warm_up_calls;
  else {
    target.all.add(t, record_.objectives);
    if (apart_)
      apart_->add(t, record_.objectives);
    add_price(target, l, prices);
  }
  if (!t.complete())
    note_failure(target, l);

  if (!open_)
    return;
  auto& now = record_.windows.back();
  ++now.ended;
  now.complete += t.complete();
  now.failed += !t.complete();
  now.throttled += throttled;
  now.connections += l.connected;
  if (t.complete()) {
    now.input_tokens += t.input_tokens;
    now.output_tokens += t.output_tokens;
    if (const auto v = t.of(bench_metric::ttft))
      recent_ttft_.add(*v);
    recent_e2e_.add(t.of(bench_metric::e2e).value_or(t.ended - t.meant));
  }
}

void recorder::note_failure(bench_record::target_record& t, const landing& l) {
  if (!first_failure_)
    first_failure_ = l.failure;
  const auto kind = code_name(l.failure.code());
  const auto same = [&kind](const auto& known) { return known.first == kind; };
  if (t.failure_examples.size() < most_examples &&
      std::none_of(t.failure_examples.begin(), t.failure_examples.end(), same))
    t.failure_examples.emplace_back(kind, l.failure.describe());
}

void recorder::note_target(bench_record::target_record& t, const landing& l) {
  if (l.url.empty())
    return;
  if (t.url.empty())
    t.url = l.url;
  if (t.provider.empty())
    t.provider = l.provider;
  if (t.model.empty())
    t.model = l.model;
  if (l.limits.empty())
    return;
  if (const auto s = text_of(l.limits.requests); !s.empty())
    t.limits["requests"] = s;
  if (const auto s = text_of(l.limits.tokens); !s.empty())
    t.limits["tokens"] = s;
}

void recorder::add_price(bench_record::target_record& t, const landing& l, const price_book* prices) {
  if (!prices || (l.usage.empty() && l.failure))
    return;
  auto q =
      price_query().model_answered(l.info.model).usage(l.usage).service_tier(l.info.service_tier).speed(l.info.speed);
  auto to = target().provider(l.provider).model(l.model).base_url(l.url);
  const auto p = price_of(prices, q, to, l.provider, l.model);
  if (p.cost)
    t.cost[p.currency] += *p.cost;
  else
    ++t.unpriced;
}

void recorder::beat(duration now, duration lag) {
  if (!open_)
    return;
  auto& w = record_.windows.back();
  w.health.loop_lag = std::max(w.health.loop_lag, lag);
  auto& samples = asides_.back().in_flight;
  if (samples.size() < 50 && now - w.begin >= w.length * static_cast<int>(samples.size()) / 50)
    samples.push_back(static_cast<double>(live_.size()));
}

bool recorder::is_late(const live_call& c, duration now) const noexcept {
  return std::any_of(record_.objectives.begin(), record_.objectives.end(), [&](const slo& o) {
    const bool first =
        o.of() == bench_metric::ttft || o.of() == bench_metric::ttfb || o.of() == bench_metric::ttft_sent;
    const bool whole = o.of() == bench_metric::e2e || o.of() == bench_metric::e2e_wire;
    return now - c.meant > o.limit() && (whole || (first && !*c.content));
  });
}

std::vector<peak::probe_window> recorder::probed(std::size_t first, duration now) const {
  std::vector<peak::probe_window> all;
  while (first < record_.windows.size() && record_.windows[first].warm_up)
    ++first;
  for (std::size_t i = first; i < record_.windows.size(); ++i) {
    const auto& w = record_.windows[i];
    const auto& side = asides_[i];
    auto& p = all.emplace_back();
    p.length = w.length;
    p.offered = w.meant;
    p.answered = w.complete;
    p.judged = side.ended;
    p.good = w.good;
    p.early_judged = side.early;
    p.early_good = side.early_good;
    p.throttled = side.throttled;
    p.in_flight = side.in_flight;
  }
  for (const auto& c : live_)
    if (c.window >= first && is_late(c, now)) {
      auto& p = all[c.window - first];
      ++p.judged;
      const auto& w = record_.windows[c.window];
      p.early_judged += c.meant < w.begin + w.length / 5;
    }
  return all;
}

recorder::sums recorder::summed(std::size_t first) const {
  sums all;
  for (std::size_t i = first; i < asides_.size(); ++i) {
    if (record_.windows[i].warm_up)
      continue;
    const auto& s = asides_[i].sum;
    all.length += record_.windows[i].length;
    all.calls += s.calls;
    all.complete += s.complete;
    all.output_tokens += s.output_tokens;
    all.ttft += s.ttft;
    all.e2e += s.e2e;
    all.with_ttft += s.with_ttft;
  }
  return all;
}

bench_progress recorder::progress() const {
  bench_progress p;
  p.calls = ended_;
  p.succeeded = succeeded_;
  p.failed = failed_;
  p.good = good_;
  p.in_flight = live_.size();
  if (record_.windows.empty())
    return p;
  const auto& w = record_.windows.back();
  p.target = record_.targets[w.target].name;
  if (const double s = in_seconds(w.length); s > 0) {
    p.offered_per_s = static_cast<double>(w.meant) / s;
    p.rate = static_cast<double>(w.complete) / s;
    p.output_tokens_per_s = static_cast<double>(w.output_tokens) / s;
  }
  p.ttft_p50 = recent_ttft_.at(0.5);
  p.ttft_p95 = recent_ttft_.at(0.95);
  p.e2e_p50 = recent_e2e_.at(0.5);
  p.e2e_p95 = recent_e2e_.at(0.95);
  for (const auto weak : trust::weaknesses_of(w.health, record_.limits))
    p.problem += (p.problem.empty() ? "" : ", ") + std::string(trust::name_of(weak));
  p.verdict = record_.trusted().text();
  return p;
}

std::optional<std::string> recorder::hopeless() const {
  if (succeeded_ > 0 || ended_ < enough_failures || !is_hopeless(first_failure_))
    return std::nullopt;
  return "every one of the first " + std::to_string(ended_) + " calls failed: " + first_failure_.describe();
}

void recorder::finish() {
  record_.distinct_prompts += prompts_.size();
  prompts_.clear();
}

} // namespace weir::inline v0::bench_engine
