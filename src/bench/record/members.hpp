// The members of a record and their names in files. Writing and reading go by the same lists, so that neither can
// forget one.
#pragma once

#include <concepts>
#include <type_traits>

#include "bench/record/record.hpp"

namespace weir::inline v0::bench_record {

template <class T, class Of>
concept maybe_const = std::same_as<std::remove_const_t<T>, Of>;

// `each(name, member)` for every member, or one of its other functions for what is out of the ordinary. Times have
// names that end in `_ns`.

template <class F, maybe_const<measure::tally> T>
void members(F& each, T& t) {
  each("calls", t.calls);
  each("complete", t.complete);
  each("good", t.good);
  each.by_outcome("outcomes", t.outcomes);
  each("failures", t.failures);
  each("statuses", t.statuses);
  each("misses", t.misses);
  each("attempts", t.attempts);
  each("input_tokens", t.input_tokens);
  each("cached_tokens", t.cached_tokens);
  each("output_tokens", t.output_tokens);
  each("useful_tokens", t.useful_tokens);
  each("estimated", t.estimated);
  each("wanted_input", t.wanted_input);
  each("got_input", t.got_input);
  each("wanted_output", t.wanted_output);
  each("got_output", t.got_output);
  each.by_metric("times", t.times);
}

template <class F, maybe_const<trust::health> T>
void members(F& each, T& h) {
  each("meant", h.meant);
  each("sent", h.sent);
  each("send_delay_ns", h.send_delay);
  each("loop_lag_ns", h.loop_lag);
  each("cpu", h.cpu);
  each("machine", h.machine);
  each("retries", h.retries);
  each("calls", h.calls);
}

template <class F, maybe_const<trust::thresholds> T>
void members(F& each, T& t) {
  each("send_delay_ns", t.send_delay);
  each("loop_lag_ns", t.loop_lag);
  each("cpu", t.cpu);
  each("machine", t.machine);
  each("windows", t.windows);
}

template <class F, maybe_const<window> T>
void members(F& each, T& w) {
  each("target", w.target);
  each("warm_up", w.warm_up);
  each("begin_ns", w.begin);
  each("length_ns", w.length);
  each("meant", w.meant);
  each("ended", w.ended);
  each("complete", w.complete);
  each("good", w.good);
  each("throttled", w.throttled);
  each("failed", w.failed);
  each("input_tokens", w.input_tokens);
  each("output_tokens", w.output_tokens);
  each("connections", w.connections);
  each("in_flight", w.in_flight);
  each("most_in_flight", w.most_in_flight);
  each("ttft", w.ttft);
  each("e2e", w.e2e);
  each("chunk_gap", w.chunk_gap);
  each("send_delay", w.send_delay);
  each("health", w.health);
}

template <class F, maybe_const<target_record> T>
void members(F& each, T& t) {
  each("name", t.name);
  each("provider", t.provider);
  each("model", t.model);
  each("url", t.url);
  each("measured_ns", t.measured);
  each("all", t.all);
  each("told_times_ns", t.told_times);
  each("warm_up_calls", t.warm_up_calls);
  each("cancelled", t.cancelled);
  each("unfinished", t.unfinished);
  each("most_in_flight", t.most_in_flight);
  each("cost", t.cost);
  each("unpriced", t.unpriced);
  each("limits", t.limits);
  each("failure_examples", t.failure_examples);
}

template <class F, maybe_const<floor_record> T>
void members(F& each, T& f) {
  each("length_ns", f.length);
  each("all", f.all);
  each("true_ttft_ns", f.true_ttft);
  each("true_gap_ns", f.true_gap);
  each("send_delay_p99_ns", f.send_delay_p99);
  each("loop_lag_ns", f.loop_lag);
}

template <class F, maybe_const<probe_record> T>
void members(F& each, T& p) {
  each("rate", p.rate);
  each("phase", p.phase);
  each("keeps_up", p.keeps_up);
  each("by_estimate", p.by_estimate);
  each("why", p.why);
  each("good_share", p.good_share);
  each("good_low", p.good_low);
  each("good_high", p.good_high);
  each("answered_share", p.answered_share);
  each("throttled_share", p.throttled_share);
  each("calls", p.calls);
  each("complete", p.complete);
  each("good", p.good);
  each("ttft_p50_ns", p.ttft_p50);
  each("ttft_p95_ns", p.ttft_p95);
  each("e2e_p50_ns", p.e2e_p50);
  each("e2e_p95_ns", p.e2e_p95);
  each("output_tokens_per_s", p.output_tokens_per_s);
  each("begin_ns", p.begin);
  each("length_ns", p.length);
  each("drained_in_ns", p.drained_in);
  each("valid", p.valid);
}

template <class F, maybe_const<peak_record> T>
void members(F& each, T& p) {
  each("knee", p.knee);
  each("high", p.high);
  each("low", p.low);
  each("why", p.why);
  each("cliff", p.cliff);
  each("confirmed", p.confirmed);
  each("contradictions", p.contradictions);
  each("probes", p.probes);
  each("best", p.best);
  each("recovery_ns", p.recovery);
}

template <class F, maybe_const<trend::ratio> T>
void members(F& each, T& r) {
  each("value", r.value);
  each.or_endless("low", r.between.low);
  each.or_endless("high", r.between.high);
}

template <class F, maybe_const<comparison> T>
void members(F& each, T& c) {
  each("first", c.first);
  each("second", c.second);
  each("figure", c.figure);
  each("ratio", c.ratio);
  each("pairs", c.pairs);
  each("lower_is_better", c.lower_is_better);
}

template <class F, maybe_const<origin> T>
void members(F& each, T& o) {
  each("host", o.host);
  each("system", o.system);
  each("weir_version", o.weir_version);
  each("governor", o.governor);
  each("cpus", o.cpus);
  each("started_unix_ns", o.started);
  each("part", o.part);
}

template <class F, maybe_const<bench_result::record> T>
void members(F& each, T& r) {
  each("command", r.command);
  each("load", r.load);
  each("prompts", r.prompts);
  each("plan", r.plan);
  each.any_number("seed", r.seed);
  each("parts", r.parts);
  each("merged", r.merged);
  each("offered", r.offered);
  each("concurrency", r.concurrency);
  each("burstiness", r.burstiness);
  each("objectives", r.objectives);
  each("good_share", r.good_share);
  each("limits", r.limits);
  each("origins", r.origins);
  each("made_by", r.made_by);
  each("complete", r.complete);
  each("incomplete_because", r.incomplete_because);
  each("length_ns", r.length);
  each("targets", r.targets);
  each("windows", r.windows);
  each("distinct_prompts", r.distinct_prompts);
  each("prompts_sent", r.prompts_sent);
  each("floor", r.floor);
  each("peak", r.peak);
  each("comparisons", r.comparisons);
}

} // namespace weir::inline v0::bench_record
