#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <weir/policy/observe/metrics.hpp>

#include "policy/observe/metrics_text.hpp"

namespace weir::inline v0 {

namespace {

// The bounds that the conventions recommend (gen-ai-metrics.md).
constexpr std::array<double, 14> duration_bounds{0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                                 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
constexpr std::array<double, 14> token_bounds{1,     4,     16,     64,      256,     1024,     4096,
                                              16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864};
using histogram14 = histogram<14>;

constexpr std::size_t max_label_size = 256;
constexpr auto outcomes = static_cast<std::size_t>(outcome::failed) + 1;

double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

// Counts by error type. The types are the names of errc, so there are few, and the views refer to literals.
template <class T>
class by_error {
public:
  T& operator[](std::string_view error) {
    for (auto& [name, value] : list_)
      if (name == error)
        return value;
    return list_.emplace_back(error, T()).second;
  }
  const std::vector<std::pair<std::string_view, T>>& list() const noexcept { return list_; }

private:
  std::vector<std::pair<std::string_view, T>> list_;
};

class series {
public:
  series() = default;
  std::string operation, provider, model;

  by_error<histogram14> durations;
  histogram14 input_tokens, output_tokens, first_token;
  std::array<std::uint64_t, outcomes> calls{};
  bool has_calls = false;

  by_error<std::uint64_t> attempts;
  std::uint64_t retries = 0, fallbacks = 0, hedges = 0, continuations = 0, maybe_billed = 0, connections[2]{};
  histogram14 queued, connect, longest_gap;
  bool has_attempts = false;
};

std::uint64_t total(const histogram14& h) {
  std::uint64_t n = 0;
  for (const auto c : h.counts)
    n += c;
  return n;
}

bool jobs_before(const call_record& call, const attempt& a) {
  return std::any_of(call.attempts.begin(), call.attempts.end(), [&](const auto& other) {
    return other->number < a.number && other->provider == a.provider && other->model == a.model;
  });
}

bool is_label(std::string_view v) { return v.size() <= max_label_size && is_utf8(v); }

} // namespace

class metrics::state {
public:
  explicit state(std::size_t max) : max_(max) {}

  // Under the mutex.
  series& of(std::string_view operation, std::string_view provider_id, std::string_view model) {
    const auto provider = otel_provider_name(provider_id);
    key_.assign(operation).append(1, '\0').append(provider).append(1, '\0').append(model);
    if (const auto it = all_.find(key_); it != all_.end())
      return it->second;
    if (all_.size() >= max_ || !is_label(operation) || !is_label(provider) || !is_label(model)) {
      other_.operation = other_.provider = other_.model = "other";
      return other_;
    }
    auto& s = all_[key_];
    s.operation = operation;
    s.provider = provider;
    s.model = model;
    return s;
  }

  // Sorted, so that two scrapes can be compared.
  std::vector<series> sorted() const {
    std::vector<series> list;
    {
      const std::lock_guard lock(mutex);
      list.reserve(all_.size() + 1);
      for (const auto& [key, s] : all_)
        list.push_back(s);
      if (other_.has_calls || other_.has_attempts)
        list.push_back(other_);
    }
    std::sort(list.begin(), list.end(), [](const series& a, const series& b) {
      return std::tie(a.operation, a.provider, a.model) < std::tie(b.operation, b.provider, b.model);
    });
    return list;
  }

  mutable std::mutex mutex;
  std::atomic<std::int64_t> in_flight = 0;
  std::vector<std::function<std::vector<gauge>()>> sources;

private:
  std::size_t max_;
  std::unordered_map<std::string, series> all_;
  series other_;
  std::string key_;
};

namespace {

// The metric families of one scrape: each is written for all series before the next begins.
class report {
public:
  report(const std::vector<series>& all, exposition& out) : all_(all), out_(out) {}

  void calls();
  void attempts();

private:
  using labels = std::vector<label_view>;
  static labels of(const series& s) {
    labels l;
    l.reserve(5);
    l.emplace_back("gen_ai_operation_name", s.operation);
    l.emplace_back("gen_ai_provider_name", s.provider);
    if (!s.model.empty())
      l.emplace_back("gen_ai_request_model", s.model);
    return l;
  }
  static labels of(const series& s, std::string_view name, std::string_view value) {
    auto l = of(s);
    if (!value.empty())
      l.emplace_back(name, value);
    return l;
  }
  void times(std::string_view name, std::string_view help, histogram14 series::* which) {
    out_.family(name, "histogram", help);
    for (const auto& s : all_)
      if (total(s.*which))
        out_.sample(of(s), duration_bounds, s.*which);
  }
  void count(std::string_view name, std::string_view help, std::uint64_t series::* which) {
    out_.family(name, "counter", help);
    for (const auto& s : all_)
      if (s.has_attempts)
        out_.sample(of(s), s.*which);
  }

  const std::vector<series>& all_;
  exposition& out_;
};

void report::calls() {
  out_.family("gen_ai_client_operation_duration_seconds", "histogram", "GenAI operation duration.");
  for (const auto& s : all_)
    for (const auto& [error, h] : s.durations.list())
      out_.sample(of(s, "error_type", error), duration_bounds, h);
  out_.family("gen_ai_client_token_usage", "histogram", "Number of input and output tokens used.");
  for (const auto& s : all_) {
    if (total(s.input_tokens))
      out_.sample(of(s, "gen_ai_token_type", "input"), token_bounds, s.input_tokens);
    if (total(s.output_tokens))
      out_.sample(of(s, "gen_ai_token_type", "output"), token_bounds, s.output_tokens);
  }
  times("gen_ai_client_operation_time_to_first_chunk_seconds", "Time from the call to its first token.",
        &series::first_token);
  out_.family("weir_calls_total", "counter", "Calls that have ended, by how they ended.");
  for (const auto& s : all_)
    for (std::size_t i = 0; i < outcomes; ++i)
      if (s.calls[i])
        out_.sample(of(s, "outcome", name_of(static_cast<outcome>(i))), s.calls[i]);
}

void report::attempts() {
  out_.family("weir_attempts_total", "counter", "Attempts, by the error they ended with.");
  for (const auto& s : all_)
    for (const auto& [error, n] : s.attempts.list())
      out_.sample(of(s, "error_type", error), n);
  count("weir_retries_total", "Attempts at a target that the call had tried before.", &series::retries);
  count("weir_fallbacks_total", "Attempts at a target that the call had not tried before, after another one.",
        &series::fallbacks);
  count("weir_hedges_total", "Attempts that ran alongside another one.", &series::hedges);
  count("weir_continuations_total", "Attempts that resumed an answer that broke off.", &series::continuations);
  count("weir_maybe_billed_attempts_total", "Attempts that failed and may have been charged.", &series::maybe_billed);
  out_.family("weir_connections_total", "counter", "Connections that attempts used, new or reused.");
  for (const auto& s : all_)
    for (const std::size_t reused : {0u, 1u})
      if (s.connections[reused])
        out_.sample(of(s, "reused", reused ? "true" : "false"), s.connections[reused]);
  times("weir_attempt_queue_seconds", "Time an attempt waited for permits.", &series::queued);
  times("weir_attempt_connect_seconds", "Time to resolve, connect and complete the handshake, of new connections.",
        &series::connect);
  times("weir_attempt_longest_gap_seconds", "Longest time between two reads that brought tokens.",
        &series::longest_gap);
}

void write_gauges(const std::vector<gauge>& all, exposition& out) {
  using labels = std::vector<std::pair<std::string, std::string>>;
  class family {
  public:
    std::string help;
    std::map<labels, double> samples;
  };
  std::map<std::string, family> families;
  for (const auto& g : all) {
    auto& f = families[allowed_name(g.name())];
    if (f.help.empty())
      f.help = g.help();
    labels l;
    for (const auto& [name, value] : g.labels())
      l.emplace_back(allowed_name(name), is_utf8(value) ? value : "other");
    f.samples[std::move(l)] += g.value();
  }
  for (const auto& [name, f] : families) {
    out.family(name, "gauge", f.help);
    for (const auto& [l, value] : f.samples)
      out.sample(std::vector<label_view>(l.begin(), l.end()), value);
  }
}

} // namespace

metrics::metrics(std::size_t max_label_sets) : state_(std::make_unique<state>(max_label_sets)) {}
metrics::~metrics() = default;

void metrics::call_begun(const call_record&) noexcept { state_->in_flight.fetch_add(1, std::memory_order_relaxed); }

void metrics::attempt_ended(const call_record& call, const attempt& a) noexcept {
  try {
    const std::lock_guard lock(state_->mutex);
    auto& s = state_->of(call.operation, a.provider, a.model);
    s.has_attempts = true;
    ++s.attempts[otel_error_type(a.failure)];
    if (a.number > 1 && !a.hedge && !a.continuation)
      ++(jobs_before(call, a) ? s.retries : s.fallbacks);
    s.hedges += a.hedge;
    s.continuations += a.continuation;
    s.maybe_billed += a.maybe_billed;
    if (a.queued > duration())
      s.queued.add(duration_bounds, seconds(a.queued));
    const auto& c = a.connection;
    if (const auto opening = c.resolve + c.connect + c.proxy + c.handshake; opening > duration() && !c.reused) {
      ++s.connections[0];
      s.connect.add(duration_bounds, seconds(opening));
    }
    s.connections[1] += c.reused;
    if (a.longest_gap > duration())
      s.longest_gap.add(duration_bounds, seconds(a.longest_gap));
  } catch (const std::bad_alloc&) {
    // A count is lost, not the call.
  }
}

void metrics::call_ended(const call_record& call) noexcept {
  state_->in_flight.fetch_sub(1, std::memory_order_relaxed);
  try {
    const std::lock_guard lock(state_->mutex);
    auto& s = state_->of(call.operation, call.provider, call.model);
    s.has_calls = true;
    s.durations[otel_error_type(call)].add(duration_bounds, seconds(call.ended));
    ++s.calls[static_cast<std::size_t>(call.outcome)];
    if (call.usage.prompt_tokens)
      s.input_tokens.add(token_bounds, static_cast<double>(*call.usage.prompt_tokens));
    if (call.usage.completion_tokens)
      s.output_tokens.add(token_bounds, static_cast<double>(*call.usage.completion_tokens));
    if (call.streamed && call.first_token > duration())
      s.first_token.add(duration_bounds, seconds(call.first_token));
  } catch (const std::bad_alloc&) {
    // As above.
  }
}

void metrics::gauges(std::function<std::vector<gauge>()> source) {
  const std::lock_guard lock(state_->mutex);
  state_->sources.push_back(std::move(source));
}

std::string metrics::prometheus() const {
  const auto all = state_->sorted();
  exposition out;
  report families(all, out);
  families.calls();
  out.family("weir_in_flight_calls", "gauge", "Calls that have begun and not ended.");
  out.sample({}, static_cast<double>(state_->in_flight.load(std::memory_order_relaxed)));
  families.attempts();

  std::vector<std::function<std::vector<gauge>()>> sources;
  {
    const std::lock_guard lock(state_->mutex);
    sources = state_->sources;
  }
  std::vector<gauge> values;
  // A source may take long or use these metrics, so it is called without the lock.
  for (const auto& source : sources)
    for (auto& g : source())
      values.push_back(std::move(g));
  write_gauges(values, out);
  return out.text();
}

} // namespace weir::inline v0
