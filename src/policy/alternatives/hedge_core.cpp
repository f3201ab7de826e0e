#include "policy/alternatives/hedge_core.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "policy/settings_error.hpp"

namespace weir::inline v0 {

void hedge::check(std::string_view path) const {
  if (!on_)
    return;
  if (!adaptive_ && after_ < hedge_core::floor)
    throw_invalid_setting(path, "after", "must be at least 1 ms");
  if (!(max_extra_load_ >= 0 && max_extra_load_ <= 1))
    throw_invalid_setting(path, "max_extra_load", "must be from 0 to 1: extra requests for each request");
  if (adaptive_ && (min_samples_ == 0 || min_samples_ > hedge_core::max_samples))
    throw_invalid_setting(path, "min_samples", "must be from 1 to 1024");
  if (adaptive_ && window_ <= duration::zero())
    throw_invalid_setting(path, "window", "must be more than zero");
}

// Rounded down: the cap is a cap.
hedge_budget::hedge_budget(double ratio) noexcept
    : share_(static_cast<std::uint64_t>(std::floor(std::clamp(ratio, 0.0, 1.0) * double(whole) + 1e-6))) {
  seconds_.fill(std::numeric_limits<std::int64_t>::min());
}

std::int64_t hedge_budget::second(time_point now) noexcept {
  return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
}

bool hedge_budget::live(std::size_t slot, std::int64_t now) const noexcept {
  return seconds_[slot] > now - static_cast<std::int64_t>(slots);
}

void hedge_budget::deposit(time_point now) noexcept {
  const auto s = second(now);
  const auto slot = static_cast<std::size_t>((s % std::int64_t(slots) + std::int64_t(slots)) % std::int64_t(slots));
  if (seconds_[slot] != s) {
    seconds_[slot] = s;
    amounts_[slot] = 0;
  }
  amounts_[slot] += share_;
}

bool hedge_budget::withdraw(time_point now) noexcept {
  const auto s = second(now);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < slots; ++i)
    sum += live(i, s) ? amounts_[i] : 0;
  if (sum < whole)
    return false;
  auto due = whole;
  for (std::int64_t at = s - std::int64_t(slots) + 1; due != 0; ++at) {
    const auto slot = static_cast<std::size_t>((at % std::int64_t(slots) + std::int64_t(slots)) % std::int64_t(slots));
    if (seconds_[slot] != at)
      continue;
    const auto part = std::min(due, amounts_[slot]);
    amounts_[slot] -= part;
    due -= part;
  }
  return true;
}

double hedge_budget::balance(time_point now) const noexcept {
  const auto s = second(now);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < slots; ++i)
    sum += live(i, s) ? amounts_[i] : 0;
  return double(sum) / double(whole);
}

void p95_window::add(duration took, time_point now) {
  expire(now);
  if (order_.size() == capacity_)
    drop_oldest();
  order_.emplace_back(now, took);
  sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), took), took);
}

void p95_window::expire(time_point now) {
  while (!order_.empty() && now - order_.front().at >= window_)
    drop_oldest();
}

void p95_window::drop_oldest() {
  sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), order_.front().took));
  order_.pop_front();
}

duration p95_window::p95() const noexcept { return sorted_[(sorted_.size() * 95 + 99) / 100 - 1]; }

hedge_core::hedge_core(const hedge& s) : settings_(s), budget_(s.max_extra_load()), window_(s.window(), max_samples) {}

std::optional<duration> hedge_core::begin(time_point now) {
  ++calls_;
  budget_.deposit(now);
  if (!settings_.adaptive())
    return std::max(settings_.delay(), floor);
  window_.expire(now);
  if (window_.size() < settings_.min_samples())
    return std::nullopt;
  return std::max(window_.p95(), floor);
}

bool hedge_core::withdraw(time_point now) {
  const bool allowed = budget_.withdraw(now);
  ++(allowed ? hedges_ : refused_);
  return allowed;
}

void hedge_core::took(duration d, time_point now) {
  if (settings_.adaptive())
    window_.add(std::max(d, duration::zero()), now);
}

hedge_state hedge_core::state(time_point now) const {
  hedge_state s;
  s.calls = calls_;
  s.hedges = hedges_;
  s.refused = refused_;
  s.budget = budget_.balance(now);
  auto window = window_;
  window.expire(now);
  s.samples = window.size();
  if (settings_.adaptive() && window.size() >= settings_.min_samples())
    s.p95 = window.p95();
  return s;
}

} // namespace weir::inline v0
