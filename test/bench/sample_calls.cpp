#include "bench/sample_calls.hpp"

#include <algorithm>

namespace weir::test {

namespace {

using bench_record::window;
using measure::sample;

void end(window& w, const sample& s) {
  ++w.ended;
  w.complete += s.complete();
  w.failed += !s.complete();
  w.throttled += s.status == 429;
  if (s.complete()) {
    w.input_tokens += s.input_tokens;
    w.output_tokens += s.output_tokens;
  }
}

} // namespace

duration seconds(double s) { return duration(static_cast<duration::rep>(s * 1e9)); }

sample failed(sample s, errc why, int status, double after) {
  s.outcome = why == errc::truncated ? outcome::truncated : outcome::failed;
  s.failure = make_error_code(why);
  s.status = status;
  s.ended = s.meant + seconds(after);
  return s;
}

sample call(dice& d, const behaviour& b, double meant, double slower) {
  sample s;
  s.meant = seconds(meant);
  const double sent = meant + d.exponential(b.send_delay);
  s.sent = seconds(sent);
  if (d.uniform() < 0.02)
    s.connect = seconds(0.02 + d.exponential(0.01));
  s.input_tokens = s.wanted_input = 480 + static_cast<std::uint64_t>(d.uniform() * 80);
  const double ttft = slower * b.ttft * std::exp(b.spread * d.normal());
  if (d.uniform() < b.failures)
    return d.uniform() < 0.5 ? failed(s, errc::server_error, 503, ttft) : failed(s, errc::truncated, 200, 3 * ttft);
  s.status = 200;
  s.outcome = d.uniform() < 0.1 ? outcome::length : outcome::complete;
  s.first_byte = seconds(sent + 0.8 * ttft);
  s.first_content = seconds(sent + ttft);
  s.first_output = seconds(sent + ttft + b.reasoning);
  s.output_tokens = s.chunks = 3 + static_cast<std::uint64_t>(b.tokens * std::exp(0.5 * d.normal()) * 0.88);
  s.wanted_output = s.output_tokens;
  s.cached_tokens = s.input_tokens / 4;
  double at = sent + ttft;
  for (std::uint64_t i = 1; i < s.chunks; ++i) {
    const double gap = b.token * std::sqrt(slower) * std::exp(0.25 * d.normal());
    s.gaps.push_back(seconds(gap));
    at += gap;
  }
  s.last_content = seconds(at);
  s.ended = seconds(at + 0.002);
  return s;
}

collector::collector(bench_result::record& r, double window_length, double warm_up, double end, const turns& target_at)
    : r_(r) {
  for (double begin = 0; begin < end - 1e-6; begin += window_length) {
    window w;
    w.begin = seconds(begin);
    w.length = seconds(window_length);
    w.warm_up = begin < warm_up;
    w.target = target_at ? target_at(begin) : 0;
    r.windows.push_back(w);
  }
}

void collector::add(const sample& s) {
  auto& begun = at(s.meant, s.target);
  ++begun.meant;
  ++begun.health.meant;
  ++begun.health.sent;
  ++begun.health.calls;
  begun.connections += s.connect.has_value();
  if (s.sent)
    begun.send_delay.add(*s.sent - s.meant);
  if (s.complete()) {
    begun.ttft.add(*s.of(bench_metric::ttft));
    begun.e2e.add(*s.of(bench_metric::e2e));
    for (const auto gap : s.gaps)
      begun.chunk_gap.add(gap);
    begun.good += measure::is_good(s, r_.objectives);
  }
  // What ends later is in no window.
  if (s.ended < r_.windows.back().begin + r_.windows.back().length)
    end(at(s.ended, s.target), s);
  lived_.emplace_back(s.meant, s.ended, s.target);
  auto& target = r_.targets[s.target];
  if (begun.warm_up) {
    ++target.warm_up_calls;
    return;
  }
  target.all.add(s, r_.objectives);
  ++r_.prompts_sent;
}

void collector::finish(const std::function<void(window&)>& health) {
  for (auto& w : r_.windows) {
    double busy = 0;
    for (const auto& [from, to, target] : lived_)
      if (target == w.target)
        busy += std::max(
            0.0, std::chrono::duration<double>(std::min(to, w.begin + w.length) - std::max(from, w.begin)).count());
    w.in_flight = busy / std::chrono::duration<double>(w.length).count();
    w.most_in_flight = static_cast<std::uint64_t>(w.in_flight * 1.3 + 2);
    r_.targets[w.target].most_in_flight = std::max(r_.targets[w.target].most_in_flight, w.most_in_flight);
    w.health.send_delay = w.send_delay.at(0.99).value_or(duration());
    health(w);
  }
  r_.distinct_prompts = r_.prompts_sent;
}

// What ends in another target's turn counts in the last window of its own.
window& collector::at(duration t, std::uint32_t target) {
  std::size_t i = 0, own = 0;
  for (; i < r_.windows.size() && r_.windows[i].begin <= t; ++i)
    if (r_.windows[i].target == target)
      own = i;
  return r_.windows[own];
}

} // namespace weir::test
