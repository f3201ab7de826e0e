#include "client/otlp/otlp_source.hpp"

#include <algorithm>
#include <new>
#include <random>
#include <utility>
#include <vector>

namespace weir::inline v0 {

namespace {

std::uint64_t seed() {
  std::random_device from;
  return (std::uint64_t{from()} << 32) ^ from();
}

} // namespace

otlp_source::otlp_source(const otlp& settings, std::string base)
    : traces_(settings.traces()), sends_metrics_(settings.metrics()), max_waiting_(settings.max_waiting_spans()),
      traces_path_(base + "/v1/traces"), metrics_path_(base + "/v1/metrics"), random_(seed()),
      metrics_(settings.max_label_sets()) {
  resource_.service_name = settings.service_name();
  resource_.attributes = settings.attributes();
}

bool otlp_source::record(const call_record& call) noexcept {
  if (!traces_)
    return false;
  const auto spans = 1 + call.attempts.size();
  try {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || stats_.spans_waiting + spans > max_waiting_) {
        stats_.spans_dropped += spans;
        return false;
      }
      stats_.spans_waiting += spans; // holds the place while the call is copied
    }
    ended_call copy(call);
    const bool sampled = !copy.parent || copy.parent->sampled;
    const std::lock_guard lock(mutex_);
    if (!sampled) {
      stats_.spans_waiting -= spans;
      return false;
    }
    calls_.push_back(std::move(copy));
    return stats_.spans_waiting >= batch && !std::exchange(told_, true);
  } catch (const std::bad_alloc&) {
    const std::lock_guard lock(mutex_);
    stats_.spans_waiting -= spans;
    stats_.spans_dropped += spans;
    return false;
  }
}

otlp_stats otlp_source::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void otlp_source::close() noexcept {
  const std::lock_guard reading(reading_);
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    stats_.spans_dropped += std::exchange(stats_.spans_waiting, 0);
    calls_.clear();
  }
  metrics_.forget_gauges();
}

void otlp_source::flush() noexcept {
  const std::lock_guard lock(mutex_);
  spans_due_ = metrics_due_ = true;
}

std::optional<json_post> otlp_source::next(bool due) noexcept {
  if (due)
    flush();
  // The metrics first: they are one request, and the spans may be many.
  if (auto metrics = next_metrics())
    return metrics;
  return next_spans();
}

std::vector<ended_call> otlp_source::take_calls(std::uint64_t& spans) {
  std::vector<ended_call> calls;
  const std::lock_guard lock(mutex_);
  if (calls_.empty() || (!spans_due_ && stats_.spans_waiting < batch)) {
    told_ = spans_due_ = false;
    return calls;
  }
  // A call with more attempts than that has a request of its own.
  while (!calls_.empty() && (calls.empty() || spans + calls_.front().spans() <= batch)) {
    calls.push_back(std::move(calls_.front()));
    spans += calls.back().spans();
    calls_.pop_front();
  }
  return calls;
}

std::optional<json_post> otlp_source::next_spans() {
  std::uint64_t spans = 0;
  try {
    const auto calls = take_calls(spans);
    if (calls.empty())
      return std::nullopt;
    return json_post(traces_path_, traces_json(resource_, calls, random_), spans);
  } catch (const std::exception&) {
    const std::lock_guard lock(mutex_);
    stats_.spans_waiting -= spans;
    stats_.spans_dropped += spans;
    return std::nullopt;
  }
}

std::optional<json_post> otlp_source::next_metrics() {
  std::unique_lock reading(reading_);
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(metrics_due_, false) || !sends_metrics_ || closed_)
      return std::nullopt;
  }
  try {
    const auto all = metrics_.read();
    reading.unlock();
    return json_post(metrics_path_, metrics_json(resource_, all, since_, std::chrono::system_clock::now()));
  } catch (...) {
    const std::lock_guard lock(mutex_);
    ++stats_.metrics_failed;
    stats_.last_error = "a source of gauges threw an exception";
    return std::nullopt;
  }
}

void otlp_source::ended(const json_post& p, const post_result& r) noexcept {
  const bool spans = p.target == traces_path_;
  const auto refused = spans && r.delivered() ? std::min(rejected_spans(r.body), p.items) : 0;
  const std::lock_guard lock(mutex_);
  if (!r.delivered())
    stats_.last_error = r.why.message();
  if (!spans) {
    ++(r.delivered() ? stats_.metrics_sent : stats_.metrics_failed);
    return;
  }
  // After close() they have been counted.
  if (closed_)
    return;
  stats_.spans_waiting -= p.items;
  if (!r.delivered()) {
    stats_.spans_dropped += p.items;
    return;
  }
  stats_.spans_sent += p.items - refused;
  stats_.spans_rejected += refused;
  if (refused)
    stats_.last_error = "the collector rejected " + std::to_string(refused) + " spans of a request";
}

} // namespace weir::inline v0
