#include <weir/bench/bench.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "bench/engine/books.hpp"
#include "bench/peak/search.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;
using namespace bench_engine;

namespace {

peak::search_options search_of(const bench_options& o) {
  peak::search_options s;
  s.first = o.first_rate();
  s.most = o.most_rate();
  s.least = std::min(s.first, 0.1); // below, a window has hardly a request
  s.wanted.good_share = o.good_share();
  return s;
}

bench_record::probe_record entry_of(const peak::probe& p) {
  bench_record::probe_record r;
  r.rate = p.rate;
  r.phase = peak::name_of(p.in);
  r.keeps_up = p.keeps_up;
  r.by_estimate = p.by_estimate;
  r.why = peak::name_of(p.verdict.why);
  r.good_share = p.verdict.good_share;
  r.good_low = p.verdict.good.low;
  r.good_high = p.verdict.good.high;
  r.answered_share = p.verdict.answered_share;
  r.throttled_share = p.verdict.throttled_share;
  return r;
}

// What a percentile of a probe is, however few its calls are: it is beside those of others, and claims nothing.
std::optional<duration> time_at(const histogram& h, double share) {
  return h.empty() ? std::nullopt : std::optional(h.at(share));
}

void add_calls(bench_record::probe_record& to, const measure::tally& of) {
  to.calls = of.calls;
  to.complete = of.complete;
  to.good = of.good;
  to.ttft_p50 = time_at(of.of(bench_metric::ttft), 0.5);
  to.ttft_p95 = time_at(of.of(bench_metric::ttft), 0.95);
  to.e2e_p50 = time_at(of.of(bench_metric::e2e), 0.5);
  to.e2e_p95 = time_at(of.of(bench_metric::e2e), 0.95);
}

// What the windows of a probe say about its answers, and about the load generator.
void add_windows(bench_record::probe_record& to, const bench_result::record& all, std::size_t first) {
  std::vector<trust::health> healths;
  std::uint64_t tokens = 0;
  while (first < all.windows.size() && all.windows[first].warm_up)
    ++first;
  for (std::size_t i = first; i < all.windows.size(); ++i) {
    const auto& w = all.windows[i];
    healths.push_back(w.health);
    tokens += w.output_tokens;
    to.length += w.length;
  }
  if (first < all.windows.size())
    to.begin = all.windows[first].begin;
  if (to.length > duration())
    to.output_tokens_per_s = static_cast<double>(tokens) / in_seconds(to.length);
  to.valid = trust::judge(healths, all.limits).valid;
}

// Keeps the calls of the best of the probes so far.
void keep_best(std::optional<measure::tally>& to, const std::vector<bench_record::probe_record>& probes,
               measure::tally last) {
  const auto* best = bench_record::best_of(probes);
  if (!best)
    to.reset();
  else if (best == &probes.back())
    to = std::move(last);
}

bench_record::peak_record summary_of(const peak::finding& f, std::vector<bench_record::probe_record> probes) {
  bench_record::peak_record r;
  r.knee = f.knee;
  if (!r.knee && !f.high && f.low > 0)
    r.knee = f.low; // nothing broke up to there
  r.high = f.high;
  r.low = f.low;
  r.why = peak::name_of(f.why);
  r.cliff = f.cliff;
  r.confirmed = f.confirmed;
  r.contradictions = f.contradictions;
  for (const auto& p : probes)
    if (!p.keeps_up)
      r.recovery = p.drained_in;
  r.probes = std::move(probes);
  return r;
}

// The windows of a probe, and how long its calls took to drain. Empty if the run ended meanwhile.
class probed {
public:
  probed() = default;
  std::size_t first = 0;
  std::vector<peak::probe_window> windows;
  measure::tally calls;
  duration drained_in{};
};

// `goes_on`: whether a probe with these windows needs another one.
asio::awaitable<std::optional<probed>> try_rate(std::shared_ptr<generator> g, bench_prompts& prompts, stretch s,
                                                double rate, duration longest_drain,
                                                std::function<bool(const std::vector<peak::probe_window>&)> goes_on) {
  probed p;
  p.first = g->books().windows();
  char text[32];
  std::snprintf(text, sizeof text, ": %.4g/s", rate);
  s.phase += text;
  s.load = at_rate(rate, s.load);
  s.goes_on = [g = g.get(), first = p.first, goes_on] { return goes_on(g->books().probed(first, g->now())); };
  (void)g->books().sum_apart();
  auto running = generator::run(g, prompts, s);
  co_await std::move(running);
  auto draining = generator::drain(g, 0.05, longest_drain);
  p.drained_in = co_await std::move(draining);
  // A target that remembers what was too much must have forgotten it before the next probe.
  auto emptying = generator::drain(g, 0, longest_drain - p.drained_in);
  co_await std::move(emptying);
  if (g->books().in_flight() > 0) {
    auto cutting = generator::cut(g);
    co_await std::move(cutting);
  }
  if (g->over())
    co_return std::nullopt;
  p.windows = g->books().probed(p.first, g->now());
  p.calls = g->books().sum_apart();
  co_return p;
}

bench_record::probe_record record_of(const peak::probe& judged, const probed& seen, const bench_result::record& all) {
  auto entry = entry_of(judged);
  entry.drained_in = seen.drained_in;
  add_calls(entry, seen.calls);
  add_windows(entry, all, seen.first);
  return entry;
}

// How long answers take, by a few calls one after the other; 0 if they fail. They are in no figure.
asio::awaitable<duration> usual_answer(std::shared_ptr<generator> g, bench_prompts& prompts, client& by,
                                       bool streamed) {
  duration longest{};
  for (int i = 0; i < 3 && longest < std::chrono::seconds(20); ++i) {
    auto prompt = prompts.next();
    if (!prompt || g->over())
      break;
    flight how;
    how.streamed = streamed;
    auto flying = fly(by, prompt->request(), std::move(how));
    const auto l = co_await std::move(flying);
    if (!l.times.complete())
      break;
    longest = std::max(longest, l.times.ended - l.own_delay);
  }
  co_return longest;
}

// Windows of a probe. Shorter than an answer they would show fewer answers than requests whatever the target does, and
// with hardly a request nothing; answers must flow before they count.
class probe_plan {
public:
  probe_plan(const bench_options& o, std::size_t windows)
      : window_(o.window() > duration() ? o.window() : o.length() / 3), warm_up_(o.warm_up().value_or(duration())),
        windows_(windows) {
    stretch_.load = o.load();
  }
  /// What is known of how long answers take.
  void answers_take(duration d) { answer_ = std::max(answer_, std::min<duration>(d, std::chrono::minutes(1))); }

  stretch at(double rate, std::size_t number, std::uint64_t seed) const {
    constexpr double few = 5, longest_s = 60;
    auto s = stretch_;
    const auto for_few =
        std::chrono::duration_cast<duration>(std::chrono::duration<double>(std::min(longest_s, few / rate)));
    s.window = std::max({window_, answer_, for_few});
    s.length = s.window * static_cast<int>(windows_);
    s.warm_up = std::max(answer_, number == 0 ? warm_up_ : duration());
    s.phase = "probe " + std::to_string(number + 1);
    s.seed = seed + number;
    return s;
  }

private:
  stretch stretch_;
  const duration window_, warm_up_;
  const std::size_t windows_;
  duration answer_{};
};

asio::awaitable<void> search_all(std::shared_ptr<generator> g, bench_prompts& prompts, bench_options o) {
  const auto how = search_of(o);
  peak::search search(how);
  std::vector<bench_record::probe_record> probes;
  std::optional<measure::tally> best;
  probe_plan plan(o, how.most_windows);
  auto taking = usual_answer(g, prompts, g->by(0), o.streamed());
  const auto usual = co_await std::move(taking);
  plan.answers_take(usual);
  while (const auto rate = search.next()) {
    auto s = plan.at(*rate, probes.size(), o.seed());
    auto trying = try_rate(g, prompts, std::move(s), *rate, o.drain(),
                           [&search](const std::vector<peak::probe_window>& w) { return search.wants_more(w); });
    auto seen = co_await std::move(trying);
    if (!seen)
      break;
    search.tell(seen->windows);
    probes.push_back(record_of(search.probes().back(), *seen, g->books().record()));
    keep_best(best, probes, std::move(seen->calls));
    if (probes.back().keeps_up)
      plan.answers_take(probes.back().e2e_p95.value_or(duration()));
  }
  auto found = summary_of(search.result(), std::move(probes));
  found.best = std::move(best);
  g->books().record().peak = std::move(found);
}

asio::awaitable<void> try_all(std::shared_ptr<generator> g, bench_prompts& prompts, bench_options o,
                              std::vector<double> rates) {
  const auto wanted = search_of(o).wanted;
  bench_record::peak_record found;
  std::optional<measure::tally> best;
  probe_plan plan(o, 3);
  auto taking = usual_answer(g, prompts, g->by(0), o.streamed());
  const auto usual = co_await std::move(taking);
  plan.answers_take(usual);
  for (const double rate : rates) {
    auto s = plan.at(rate, found.probes.size(), o.seed());
    auto trying = try_rate(g, prompts, std::move(s), rate, o.drain(),
                           [](const std::vector<peak::probe_window>&) { return true; });
    auto seen = co_await std::move(trying);
    if (!seen)
      break;
    found.probes.push_back(
        record_of(peak::judged_probe(rate, std::move(seen->windows), wanted), *seen, g->books().record()));
    auto& p = found.probes.back();
    keep_best(best, found.probes, std::move(seen->calls));
    p.phase = "given";
    if (p.keeps_up) {
      found.low = std::max(found.low, rate);
    } else if (!found.high || rate < *found.high) {
      found.high = rate;
      found.why = p.why;
      found.recovery = p.drained_in;
    }
  }
  if (found.low > 0 && (!found.high || found.low < *found.high))
    found.knee = found.low;
  found.best = std::move(best);
  g->books().record().peak = std::move(found);
}

asio::awaitable<bench_result> probe(bench_target of, bench_prompts& prompts, bench_options o,
                                    std::optional<std::vector<double>> rates, bench_stop stop) {
  std::vector<bench_target> targets(1, std::move(of));
  check(targets, o);
  if (o.load().what() == bench_load::kind::recorded)
    throw error(errc::invalid_argument, "probes have rates of their own: give no recorded load");
  if (o.part().second > 1)
    throw error(errc::invalid_argument, "a search for the peak runs on one machine: give no part");
  if (o.requests() > 0)
    throw error(errc::invalid_argument, "probes last as long as their windows: give no number of requests");
  if (o.length() == duration())
    o.length(std::chrono::seconds(15));
  if (o.length() < std::chrono::milliseconds(300))
    throw error(errc::invalid_argument, "probes need a length of at least 300 ms");
  const auto ex = co_await asio::this_coro::executor;
  const auto g = std::make_shared<generator>(ex, std::move(targets), o, stop);
  auto probing = rates ? try_all(g, prompts, o, *rates) : search_all(g, prompts, o);
  auto all = finished(g, std::move(probing));
  co_await std::move(all);
  auto load = at_rate(o.first_rate(), o.load());
  const auto r = closed_books(*g, o, load, prompts);
  r->offered = 0;
  r->load = rates ? "rates one after the other" : "search for the peak";
  if (load.spaced() != bench_load::spacing::even)
    r->load += load.burstiness() == 1 ? ", Poisson" : ", not evenly spaced";
  if (r->peak->low > 0)
    load = at_rate(r->peak->low, load);
  auto floor = measure_floor(r, g->last_prompt(), o, load, stop);
  co_await std::move(floor);
  co_return bench_result(r);
}

} // namespace

asio::awaitable<bench_result> find_bench_peak(bench_target of, bench_prompts& prompts, bench_options o,
                                              bench_stop stop) {
  if (!(o.first_rate() > 0) || !(o.most_rate() >= o.first_rate()))
    throw error(errc::invalid_argument, "the first rate of a search must be above 0, and not above the greatest one");
  return probe(std::move(of), prompts, std::move(o), std::nullopt, std::move(stop));
}

asio::awaitable<bench_result> try_bench_rates(bench_target of, bench_prompts& prompts, bench_options o,
                                              std::vector<double> rates, bench_stop stop) {
  for (const double rate : rates)
    if (!(rate > 0) || !std::isfinite(rate))
      throw error(errc::invalid_argument, "rates must be above 0");
  if (rates.empty())
    throw error(errc::invalid_argument, "there are no rates to try");
  return probe(std::move(of), prompts, std::move(o), std::move(rates), std::move(stop));
}

} // namespace weir::inline v0
