#include <weir/bench/load.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <weir/core/error.hpp>

#include "core/ascii.hpp"
#include "core/shortest_text.hpp"
#include "core/time/duration.hpp"

WEIR_BEGIN_NAMESPACE

namespace {

constexpr std::size_t most_at_once = 10'000'000;

[[noreturn]] void refuse(const std::string& why) { throw error(errc::invalid_argument, why); }

void check_open(bench_load::kind what, std::string_view option) {
  if (what != bench_load::kind::open)
    refuse(std::string(option) + " is of a load with a rate: begin with bench_load::rate()");
}

bool is_rate(double n) noexcept { return std::isfinite(n) && n >= 0; }

// `30s`, which is also how it is read again.
std::string short_text(duration d) {
  constexpr std::pair<std::string_view, duration> units[] = {{"h", std::chrono::hours(1)},
                                                             {"m", std::chrono::minutes(1)},
                                                             {"s", std::chrono::seconds(1)},
                                                             {"ms", std::chrono::milliseconds(1)},
                                                             {"us", std::chrono::microseconds(1)}};
  for (const auto& [name, length] : units)
    if (d >= length && d % length == duration())
      return std::to_string(d / length) + std::string(name);
  return std::to_string(d.count()) + "ns";
}

} // namespace

bench_load bench_load::at_once(std::size_t requests, duration rising) {
  if (requests == 0 || requests > most_at_once)
    refuse("a closed load has from 1 to 10,000,000 requests in flight, not " + std::to_string(requests));
  if (rising < duration())
    refuse("the time in which a closed load rises is not below 0");
  bench_load l;
  l.concurrency_ = requests;
  l.rising_ = rising;
  return l;
}

bench_load bench_load::rate(double per_second) {
  if (!is_rate(per_second) || per_second == 0)
    refuse("a rate is a number of requests a second above 0, not " + shortest_text(per_second));
  bench_load l;
  l.kind_ = kind::open;
  l.stretches_.emplace_back(per_second, per_second, std::chrono::seconds(1));
  l.constant_ = true;
  return l;
}

bench_load bench_load::recorded(double speed) {
  if (!is_rate(speed) || speed == 0)
    refuse("the speed of a recorded load is a number above 0, not " + shortest_text(speed));
  bench_load l;
  l.kind_ = kind::recorded;
  l.speed_ = speed;
  return l;
}

bench_load& bench_load::then(double from, double to, duration over) {
  check_open(kind_, "a stretch");
  if (!is_rate(from) || !is_rate(to))
    refuse("a stretch goes from one rate to another, both 0 or above, not from " + shortest_text(from) + " to " +
           shortest_text(to));
  if (over <= duration())
    refuse("a stretch has a length above 0");
  if (constant_)
    stretches_.clear();
  constant_ = false;
  stretches_.emplace_back(from, to, over);
  return *this;
}

bench_load& bench_load::repeat() {
  check_open(kind_, "to repeat");
  if (constant_)
    refuse("a load of one rate has nothing to repeat: give it stretches, such as 5/20s,100/2s,repeat");
  repeats_ = true;
  return *this;
}

bench_load& bench_load::poisson() {
  check_open(kind_, "Poisson spacing");
  spacing_ = spacing::poisson;
  return *this;
}

bench_load& bench_load::gamma(double burstiness) {
  check_open(kind_, "burstiness");
  if (!is_rate(burstiness) || burstiness < 0.01)
    refuse("burstiness is a number from 0.01, where 1 is as independent users, not " + shortest_text(burstiness));
  spacing_ = spacing::gamma;
  burstiness_ = burstiness;
  return *this;
}

duration bench_load::length() const noexcept {
  duration all{};
  if (kind_ != kind::open || constant_ || repeats_)
    return all;
  for (const auto& s : stretches_) {
    if (s.over() > duration::max() - all)
      return duration::max();
    all += s.over();
  }
  return all;
}

std::string bench_load::text() const {
  if (kind_ == kind::closed)
    return (concurrency_ == 1 ? std::string("1 request") : std::to_string(concurrency_) + " requests") + " at once" +
           (rising_ > duration() ? ", rising over " + short_text(rising_) : "");
  if (kind_ == kind::recorded)
    return "as recorded" + (speed_ == 1 ? std::string() : ", " + shortest_text(speed_) + " times as fast");
  std::string all;
  if (constant_) {
    const double rate = stretches_.front().from();
    all = shortest_text(rate) + (rate == 1 ? " request/s" : " requests/s");
  } else {
    for (const auto& s : stretches_) {
      all += all.empty() ? "" : ", then ";
      all += shortest_text(s.from()) + (s.from() == s.to() ? "" : ".." + shortest_text(s.to()));
      all += (&s == stretches_.data() ? " requests/s for " : " for ") + short_text(s.over());
    }
    all += repeats_ ? ", repeated" : "";
  }
  if (spacing_ == spacing::poisson)
    return all + ", Poisson";
  return spacing_ == spacing::gamma ? all + ", Gamma with burstiness " + shortest_text(burstiness_) : all;
}

namespace {

double read_rate(std::string_view text, std::string_view whole) {
  double n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc() || end != text.data() + text.size() || !is_rate(n))
    refuse("\"" + std::string(whole) + "\": \"" + std::string(text) +
           "\" is no rate: write a number of requests a second, such as 20 or 0.5");
  return n;
}

duration read_time(std::string_view text, std::string_view whole) {
  try {
    if (const auto d = parse_duration(text); d > duration())
      return d;
  } catch (const error&) {
    // Told below, with the whole.
  }
  refuse("\"" + std::string(whole) + "\": \"" + std::string(text) + "\" is no time above 0: write one like 30s or 5m");
}

void add_stretch(bench_load& to, std::string_view text) {
  if (text.empty())
    refuse("there is nothing before a comma: write a stretch such as 10/60s there");
  const auto slash = text.find('/');
  if (slash == text.npos)
    refuse("\"" + std::string(text) + "\" has no time: write " + std::string(text) + "/30s");
  const auto rates = text.substr(0, slash);
  const auto dots = rates.find("..");
  const double from = read_rate(rates.substr(0, dots), text);
  const double until = dots == rates.npos ? from : read_rate(rates.substr(dots + 2), text);
  to.then(from, until, read_time(text.substr(slash + 1), text));
}

} // namespace

bench_load parse_bench_load(std::string_view text) {
  auto rest = trimmed(text);
  if (rest.empty())
    refuse("there is no load: write requests a second, such as 20, or stretches of time, such as 1..50/2m,50/30s");
  if (rest.find_first_of(",/") == rest.npos && rest.find("..") == rest.npos && rest != "repeat")
    return bench_load::rate(read_rate(rest, rest));
  auto l = bench_load::rate(1);
  bool some = false, repeats = false;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    const auto part = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (repeats)
      refuse("\"repeat\" stands after the last stretch, not before \"" + std::string(part) + "\"");
    repeats = part == "repeat";
    if (!repeats)
      add_stretch(l, part);
    else
      l.repeat();
    for (const auto& s : l.stretches())
      some = some || s.from() > 0 || s.to() > 0;
  }
  if (!some)
    refuse("\"" + std::string(text) + "\" is a load without requests: write a rate above 0");
  return l;
}

WEIR_END_NAMESPACE
