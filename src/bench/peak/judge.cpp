#include "bench/peak/judge.hpp"

#include <algorithm>

#include "bench/stats/trend.hpp"

namespace weir::inline v0::peak {

namespace {

double share(std::uint64_t part, std::uint64_t all) noexcept {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

// How many more are in flight at the end of it than at its beginning.
double added(const std::vector<double>& in_flight) {
  return trend::slope(in_flight) * static_cast<double>(in_flight.size());
}

// By more than one in ten: a queue that is long and stays so is none that grows.
bool grows(const std::vector<double>& in_flight) {
  return trend::grows(in_flight) &&
         added(in_flight) > 0.1 * std::max(1.0, *std::max_element(in_flight.begin(), in_flight.end()));
}

// Calls in flight come and go together, so that a queue often grows for a while by chance, just below its limit: three
// windows in a row tell, if together they added more than so much of their requests, and two at the end of what was
// seen are a reason to look on.
class growth {
public:
  explicit growth(const std::vector<probe_window>& windows) {
    for (auto w = windows.begin(); w != windows.end(); ++w) {
      in_a_row_ = grows(w->in_flight) ? in_a_row_ + 1 : 0;
      certain_ = certain_ || (in_a_row_ >= enough && together(w + 1 - enough, w + 1));
    }
  }
  bool certain() const noexcept { return certain_; }
  bool possible() const noexcept { return in_a_row_ >= enough - 1; }

private:
  using place = std::vector<probe_window>::const_iterator;
  static constexpr int enough = 3;

  static bool together(place from, place to) {
    constexpr double least_share = 0.04; // a little less than what a search for the peak is precise to
    std::vector<double> in_flight;
    double offered = 0;
    for (auto w = from; w != to; ++w) {
      in_flight.insert(in_flight.end(), w->in_flight.begin(), w->in_flight.end());
      offered += static_cast<double>(w->offered);
    }
    return added(in_flight) >= least_share * offered;
  }

  int in_a_row_ = 0;
  bool certain_ = false;
};

} // namespace

const char* name_of(cause c) noexcept {
  switch (c) {
  case cause::none: return "";
  case cause::throttled: return "the server sheds load with 429 or 503";
  case cause::late: return "too many answers are slow or fail";
  case cause::behind: return "answers fall behind requests";
  case cause::queueing: return "the backlog keeps growing";
  }
  return "";
}

judgement judge(const std::vector<probe_window>& windows, const goal& wanted) {
  judgement j;
  std::uint64_t judged = 0, good = 0, throttled = 0, offered = 0, answered = 0, later_offered = 0, later_answered = 0;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto& w = windows[i];
    judged += w.judged;
    good += w.good;
    throttled += w.throttled;
    offered += w.offered;
    answered += w.answered;
    if (i > 0) {
      later_offered += w.offered;
      later_answered += w.answered;
    }
  }
  const bool run_in = windows.size() > 1;
  j.good = confidence::share_of(good, judged);
  j.good_share = share(good, judged);
  j.answered_share = run_in ? share(later_answered, later_offered) : share(answered, offered);
  j.throttled_share = share(throttled, judged);
  const auto refused = confidence::share_of(throttled, judged);
  // Of the answers expected the number that comes varies by chance: counted as a share of Wilson's.
  const auto kept = confidence::share_of(std::min(later_answered, later_offered), later_offered);
  // By chance a queue may take in more than that in one window, and give it back in the next.
  const bool seen_enough = windows.size() > 2;
  const growth queue(windows);
  j.why = refused.low > wanted.throttled_share               ? cause::throttled
          : j.good.high < wanted.good_share                  ? cause::late
          : seen_enough && kept.high < wanted.answered_share ? cause::behind
          : queue.certain()                                  ? cause::queueing
                                                             : cause::none;
  j.result = j.why != cause::none                                                          ? answer::breaks
             : j.good.low >= wanted.good_share && windows.size() >= 3 && !queue.possible() ? answer::keeps_up
                                                                                           : answer::unresolved;
  return j;
}

} // namespace weir::inline v0::peak
