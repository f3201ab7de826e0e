#include "cost/alerts/spike_core.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace weir::inline v0 {

namespace {

using namespace std::chrono_literals;

constexpr auto piece_length = 15s;
constexpr std::int64_t pieces_a_day = 5760, pieces_a_part = 60;
// Per five minutes: time constants of an hour and of a third for the means, of three hours for the deviation, so that
// what comes once an hour is in it; of a day for either mean during an outage.
constexpr double mean_weight = 1.0 / 12, quick_weight = 1.0 / 4, deviation_weight = 1.0 / 36, outage_weight = 1.0 / 288;
constexpr std::size_t short_pieces = 8;
constexpr double short_margin = 1.1;
constexpr std::uint32_t short_enough = 20; // calls; the sum of a few says little
constexpr double outage = 0.1;
constexpr std::uint32_t enough = 12;
constexpr double fade_a_day = 0.95, larger = 1.5;
// Longer than this nothing is remembered.
constexpr std::int64_t forgotten = pieces_a_day * 14;

} // namespace

double spike_core::baseline() const noexcept { return known_ ? std::min(mean_, quick_) : 0; }

double spike_core::threshold(double widen) const noexcept {
  if (!known_)
    return rule_.cold_factor * rule_.floor;
  return std::max(rule_.floor,
                  baseline() * std::max(rule_.factor, 1 + rule_.deviations * widen * std::sqrt(variation_)));
}

bool spike_core::above(double regular) const noexcept {
  if (capped_rate_ > std::max(threshold(), larger * regular))
    return true;
  std::uint32_t count = 0;
  for (std::size_t back = 0; back < short_pieces; ++back)
    count += counts_[(newest() + pieces - back) % pieces];
  // The shorter the time, the more the rate varies.
  return known_ && count >= short_enough &&
         short_rate(capped_) >
             short_margin * std::max(threshold(std::sqrt(double(pieces) / short_pieces)), larger * regular);
}

double spike_core::short_rate(const std::array<double, pieces>& of) const noexcept {
  double sum = 0;
  for (std::size_t back = 0; back < short_pieces; ++back)
    sum += of[(newest() + pieces - back) % pieces];
  return sum * double(pieces) / short_pieces;
}

void spike_core::memory::begin(std::int32_t now) noexcept {
  if (day == now)
    return;
  const auto fade = static_cast<float>(std::pow(fade_a_day, double(now - day)));
  second = std::max(second, std::min(first, today)) * fade;
  first = std::max(first, today) * fade;
  today = 0;
  day = now;
}

double spike_core::regular(std::int64_t piece) const noexcept {
  const auto part = piece / pieces_a_part;
  const auto day = static_cast<std::int32_t>(piece / pieces_a_day);
  double most = 0;
  for (std::int64_t near = part - 1; near <= part + 1; ++near) {
    auto m = days_[static_cast<std::size_t>(near) % day_parts];
    m.begin(day);
    most = std::max(most, double(m.second));
  }
  return most;
}

void spike_core::remember(std::int64_t piece, double rate) noexcept {
  auto& m = days_[static_cast<std::size_t>(piece / pieces_a_part) % day_parts];
  m.begin(static_cast<std::int32_t>(piece / pieces_a_day));
  m.today = std::max(m.today, static_cast<float>(rate));
}

void spike_core::learn(double rate, bool job) noexcept {
  if (learned_ == 0)
    mean_ = quick_ = rate;
  if (known_)
    rate = std::min(rate, threshold());
  const bool out = known_ && (job || rate < outage * baseline());
  // The first ones are averaged: a single one must not count for an hour.
  const double young = 1.0 / (1.0 + learned_);
  const double usual = std::min(mean_, quick_);
  const double off = usual > 0 ? (rate - usual) / usual : 0;
  mean_ += (rate - mean_) * (out ? outage_weight : std::max(mean_weight, young));
  quick_ += (rate - quick_) * (out ? outage_weight : std::max(quick_weight, young));
  variation_ += (off * off - variation_) * (out ? 0 : std::max(deviation_weight, young));
  learned_ = std::min(learned_ + 1, enough * 3);
  known_ = learned_ >= enough;
}

void spike_core::close_piece() noexcept {
  remember(piece_, rate_);
  if ((piece_ + 1) % std::int64_t(pieces) == 0) {
    // With a delay of five minutes, so that a spike is compared with what was before it.
    if (has_held_)
      learn(held_, held_ > threshold() && held_ <= larger * regular(piece_ - std::int64_t(pieces)));
    held_ = rate_;
    has_held_ = true;
  }
  ++piece_;
  ring_[newest()] = capped_[newest()] = 0;
  counts_[newest()] = 0;
  // Anew: differences would leave remains of large amounts.
  rate_ = std::accumulate(ring_.begin(), ring_.end(), 0.0);
  capped_rate_ = std::accumulate(capped_.begin(), capped_.end(), 0.0);
  if (active_ && piece_ - told_in_ >= std::int64_t(pieces) && rate_ < threshold() / 2)
    active_ = false;
}

void spike_core::advance(time now) noexcept {
  const auto since = std::max(now.time_since_epoch(), time::duration::zero());
  const auto piece = std::int64_t(since / piece_length);
  if (!begun_ || piece - piece_ > forgotten) {
    const auto rule = rule_;
    *this = spike_core(rule);
    begun_ = true;
    piece_ = piece;
    return;
  }
  while (piece_ < piece)
    close_piece();
}

std::optional<spike_core::spike> spike_core::note(double amount, time now) noexcept {
  advance(now);
  const double most = threshold();
  if (amount > 0) {
    ring_[newest()] += amount;
    rate_ += amount;
    amount = std::min(amount, most / 5);
    capped_[newest()] += amount;
    capped_rate_ += amount;
    ++counts_[newest()];
  }
  if (active_ || capped_rate_ * double(pieces) / short_pieces <= most || !above(regular(piece_)))
    return std::nullopt;
  active_ = true;
  told_in_ = piece_;
  spike s;
  s.rate = known_ ? std::max(rate_, short_rate(ring_)) : rate_;
  s.baseline = baseline();
  return s;
}

} // namespace weir::inline v0
