#include "bench/peak/judge.hpp"

#include <algorithm>

#include "bench/stats/trend.hpp"

namespace weir::inline v0::peak {

namespace {

double share(std::uint64_t part, std::uint64_t all) noexcept {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

// By more than one in ten: a queue that is long and stays so is none that grows.
bool grows(const probe_window& w) {
  const auto n = static_cast<double>(w.in_flight.size());
  return trend::grows(w.in_flight) &&
         trend::slope(w.in_flight) * n > 0.1 * std::max(1.0, *std::max_element(w.in_flight.begin(), w.in_flight.end()));
}

// Calls in flight come and go together, so that a queue often grows for a while by chance, just below its limit: three
// windows in a row tell, and two at the end of what was seen are a reason to look on.
class growth {
public:
  explicit growth(const std::vector<probe_window>& windows) {
    for (const auto& w : windows) {
      at_end_ = grows(w) ? at_end_ + 1 : 0;
      longest_ = std::max(longest_, at_end_);
    }
  }
  bool certain() const noexcept { return longest_ >= 3; }
  bool possible() const noexcept { return at_end_ >= 2; }

private:
  int at_end_ = 0, longest_ = 0;
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
  const growth queue(windows);
  j.why = refused.low > wanted.throttled_share          ? cause::throttled
          : j.good.high < wanted.good_share             ? cause::late
          : run_in && kept.high < wanted.answered_share ? cause::behind
          : queue.certain()                             ? cause::queueing
                                                        : cause::none;
  j.result = j.why != cause::none                                                          ? answer::breaks
             : j.good.low >= wanted.good_share && windows.size() >= 3 && !queue.possible() ? answer::keeps_up
                                                                                           : answer::unresolved;
  return j;
}

} // namespace weir::inline v0::peak
