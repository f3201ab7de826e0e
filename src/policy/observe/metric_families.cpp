// The families of metrics of calls and attempts, with their names and what they mean.
#include <map>

#include "policy/observe/call_metrics.hpp"
#include "policy/observe/metrics_text.hpp"

namespace weir::inline v0 {

namespace {

using kind = metric_family::kind;

metric_labels labels_of(const call_series& s) {
  metric_labels l;
  l.reserve(4);
  l.emplace_back("gen_ai.operation.name", s.operation);
  l.emplace_back("gen_ai.provider.name", s.provider);
  if (!s.model.empty())
    l.emplace_back("gen_ai.request.model", s.model);
  return l;
}

metric_labels labels_of(const call_series& s, std::string_view name, std::string_view value) {
  auto l = labels_of(s);
  if (!value.empty())
    l.emplace_back(name, value);
  return l;
}

// Each family is made for all series before the next begins.
class report {
public:
  report(const std::vector<call_series>& all, std::vector<metric_family>& to) : all_(all), families_(to) {}

  metric_family& family(kind k, std::string_view name, std::string_view unit, std::string_view help) {
    return families_.emplace_back(k, std::string(name), std::string(unit), std::string(help));
  }
  void times(std::string_view name, std::string_view help, histogram call_series::* which) {
    auto& f = family(kind::histogram, name, "s", help);
    for (const auto& s : all_)
      if ((s.*which).total())
        f.points.emplace_back(labels_of(s), s.*which);
  }
  void count(std::string_view name, std::string_view help, std::uint64_t call_series::* which) {
    auto& f = family(kind::counter, name, {}, help);
    for (const auto& s : all_)
      if (s.has_attempts)
        f.points.emplace_back(labels_of(s), static_cast<double>(s.*which));
  }

private:
  const std::vector<call_series>& all_;
  std::vector<metric_family>& families_;
};

} // namespace

void add_call_families(const std::vector<call_series>& all, std::vector<metric_family>& to) {
  report r(all, to);
  auto& durations = r.family(kind::histogram, "gen_ai.client.operation.duration", "s", "GenAI operation duration.");
  for (const auto& s : all)
    for (const auto& [error, h] : s.durations.list())
      durations.points.emplace_back(labels_of(s, "error.type", error), h);
  auto& tokens =
      r.family(kind::histogram, "gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.");
  for (const auto& s : all) {
    if (s.input_tokens.total())
      tokens.points.emplace_back(labels_of(s, "gen_ai.token.type", "input"), s.input_tokens);
    if (s.output_tokens.total())
      tokens.points.emplace_back(labels_of(s, "gen_ai.token.type", "output"), s.output_tokens);
  }
  r.times("gen_ai.client.operation.time_to_first_chunk", "Time from the call to its first token.",
          &call_series::first_token);
  r.times("gen_ai.client.operation.time_per_output_chunk", "Time between two chunks of a stream.",
          &call_series::per_chunk);
  auto& calls = r.family(kind::counter, "weir.calls", {}, "Calls that have ended, by how they ended.");
  for (const auto& s : all)
    for (std::size_t i = 0; i < call_series::outcomes; ++i)
      if (s.calls[i])
        calls.points.emplace_back(labels_of(s, "outcome", name_of(static_cast<outcome>(i))),
                                  static_cast<double>(s.calls[i]));
}

void add_attempt_families(const std::vector<call_series>& all, std::vector<metric_family>& to) {
  report r(all, to);
  auto& attempts = r.family(kind::counter, "weir.attempts", {}, "Attempts, by the error they ended with.");
  for (const auto& s : all)
    for (const auto& [error, n] : s.attempts.list())
      attempts.points.emplace_back(labels_of(s, "error.type", error), static_cast<double>(n));
  r.count("weir.retries", "Attempts at a target that the call had tried before.", &call_series::retries);
  r.count("weir.fallbacks", "Attempts at a target that the call had not tried before, after another one.",
          &call_series::fallbacks);
  r.count("weir.hedges", "Attempts that ran alongside another one.", &call_series::hedges);
  r.count("weir.continuations", "Attempts that resumed an answer that broke off.", &call_series::continuations);
  r.count("weir.maybe_billed_attempts", "Attempts that failed and may have been charged.", &call_series::maybe_billed);
  auto& connections = r.family(kind::counter, "weir.connections", {}, "Connections that attempts used, new or reused.");
  for (const auto& s : all)
    for (const std::size_t reused : {0u, 1u})
      if (s.connections[reused])
        connections.points.emplace_back(labels_of(s, "reused", reused ? "true" : "false"),
                                        static_cast<double>(s.connections[reused]));
  r.times("weir.attempt.queue", "Time an attempt waited for permits.", &call_series::queued);
  r.times("weir.attempt.connect", "Time to resolve, connect and complete the handshake, of new connections.",
          &call_series::connect);
  r.times("weir.attempt.longest_gap", "Longest time between two reads that brought tokens.", &call_series::longest_gap);
}

void add_gauges(const std::vector<gauge>& all, std::vector<metric_family>& to) {
  class samples {
  public:
    std::string help;
    std::map<metric_labels, double> values;
  };
  std::map<std::string, samples> families;
  for (const auto& g : all) {
    auto& f = families[allowed_name(g.name())];
    if (f.help.empty())
      f.help = g.help();
    metric_labels l;
    for (const auto& [name, value] : g.labels())
      l.emplace_back(allowed_name(name), is_utf8(value) ? value : "other");
    f.values[std::move(l)] += g.value();
  }
  for (auto& [name, f] : families) {
    auto& family = to.emplace_back(kind::gauge, name, std::string(), std::move(f.help));
    for (const auto& [l, value] : f.values)
      family.points.emplace_back(l, value);
  }
}

} // namespace weir::inline v0
