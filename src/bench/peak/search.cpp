#include "bench/peak/search.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace weir::inline v0::peak {

namespace {

constexpr double step = 1.5, below = 0.95, above = 1.1;
// How often a hold that breaks, or a refutation that keeps up, sends the search back.
constexpr int most_repairs = 3;

} // namespace

const char* name_of(phase p) noexcept {
  switch (p) {
  case phase::climb: return "stepping up";
  case phase::narrow: return "bisecting";
  case phase::hold: return "check just below";
  case phase::refute: return "check just above";
  }
  return "";
}

search::search(search_options o) : options_(o), rate_(std::clamp(o.first, o.least, o.most)) {}

bool search::wants_more(const std::vector<probe_window>& windows) const {
  if (windows.size() >= options_.most_windows)
    return false;
  // A break that is certain need not be looked at for longer.
  const auto j = judge(windows, options_.wanted);
  return windows.size() < options_.least_windows ? j.result != answer::breaks || windows.size() < 2
                                                 : j.result == answer::unresolved;
}

probe judged_probe(double rate, std::vector<probe_window> windows, const goal& wanted) {
  probe p;
  p.rate = rate;
  p.windows = std::move(windows);
  p.verdict = judge(p.windows, wanted);
  auto& v = p.verdict;
  p.by_estimate = v.result == answer::unresolved;
  p.keeps_up = p.by_estimate ? v.good_share >= wanted.good_share && v.answered_share >= wanted.answered_share
                             : v.result == answer::keeps_up;
  if (p.by_estimate && !p.keeps_up)
    v.why = v.good_share < wanted.good_share ? cause::late : cause::behind;
  return p;
}

void search::tell(std::vector<probe_window> windows) {
  auto p = judged_probe(*rate_, std::move(windows), options_.wanted);
  p.in = phase_;
  const double rate = p.rate;
  const bool keeps_up = p.keeps_up;
  probes_.push_back(std::move(p));

  if (phase_ == phase::climb || phase_ == phase::narrow) {
    (keeps_up ? low_ : high_) = rate;
    if (phase_ == phase::climb)
      climbed(keeps_up);
    else
      narrow();
    return;
  }
  const bool expected = keeps_up == (phase_ == phase::hold);
  if (expected && phase_ == phase::hold) {
    held_ = true;
    phase_ = phase::refute;
    rate_ = std::min(options_.most, middle_ * above);
    return;
  }
  if (expected) {
    refuted_ = true;
    rate_.reset();
    return;
  }
  char text[96];
  std::snprintf(text, sizeof text,
                keeps_up ? "it kept up with %.4g/s, although it broke at %.4g/s"
                         : "it broke at %.4g/s, although it kept up with %.4g/s",
                rate, keeps_up ? high_ : low_);
  contradictions_.emplace_back(text);
  if (++repairs_ > most_repairs) {
    rate_.reset();
    return;
  }
  held_ = false;
  phase_ = phase::climb;
  if (keeps_up) {
    low_ = rate;
    high_ = 0;
  } else {
    high_ = rate;
    const auto* lower = highest_below(rate);
    low_ = lower ? lower->rate : 0;
  }
  climbed(keeps_up);
}

// What to try after `low_` or `high_` has moved, until there are both.
void search::climbed(bool keeps_up) {
  if (low_ > 0 && high_ > 0) {
    phase_ = phase::narrow;
    narrow();
  } else if (keeps_up) {
    rate_ = low_ < options_.most ? std::optional(std::min(options_.most, low_ * step)) : std::nullopt;
  } else {
    // Downwards faster: at first nothing is known, and each probe that breaks takes long to drain.
    rate_ = high_ > options_.least ? std::optional(std::max(options_.least, high_ / (step * step))) : std::nullopt;
  }
}

void search::narrow() {
  middle_ = std::sqrt(low_ * high_);
  if (high_ / low_ > 1 + options_.precision) {
    rate_ = middle_;
    return;
  }
  phase_ = phase::hold;
  rate_ = middle_ * below;
}

// Of the probes below `rate`, the highest that kept up.
const probe* search::highest_below(double rate) const noexcept {
  const probe* best = nullptr;
  for (const auto& p : probes_)
    if (p.keeps_up && p.rate < rate && (!best || p.rate > best->rate))
      best = &p;
  return best;
}

finding search::result() const {
  finding f;
  f.low = low_;
  f.contradictions = contradictions_;
  if (high_ > 0)
    f.high = high_;
  if (low_ > 0 && high_ > 0)
    f.knee = std::sqrt(low_ * high_);
  f.confirmed = held_ && refuted_;
  const probe* broke = nullptr; // the last one that was to break, and did: others below it have kept up
  for (const auto& p : probes_) {
    if (!p.keeps_up && f.high && p.rate == *f.high)
      f.why = p.verdict.why;
    if (!p.keeps_up && p.in == phase::refute)
      broke = &p;
  }
  if (broke && !broke->windows.empty()) {
    const auto& w = broke->windows.front();
    f.cliff = w.early_judged > 0 && 2 * w.early_good < w.early_judged;
  }
  return f;
}

} // namespace weir::inline v0::peak
