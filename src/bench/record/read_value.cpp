#include "bench/record/read_value.hpp"

#include <cmath>

#include <weir/core/error.hpp>

#include "codec/json/object_members.hpp"
#include "cost/plain_text.hpp"

namespace weir::inline v0::bench_record {

namespace {

constexpr std::int64_t longest_time = 1'000'000'000'000'000'000; // 31 years
constexpr std::int64_t latest_start = 8 * longest_time;          // in 2223
constexpr double greatest_number = 1e15;

} // namespace

void refuse(const std::string& why) {
  std::string text = "not a benchmark's result that weir reads: ";
  append_plain(text, why, 500);
  throw error(errc::invalid_argument, text);
}

const json::object& object_of(const spot& s) {
  if (const auto* o = s.value->if_object())
    return *o;
  s.is_not("an object");
}

const json::array& array_of(const spot& s) {
  if (const auto* a = s.value->if_array())
    return *a;
  s.is_not("an array");
}

std::string_view text_of(const spot& s) {
  if (const auto* text = s.value->if_string())
    return {text->data(), text->size()};
  s.is_not("a text");
}

std::uint64_t count_of(const json::value& v, const spot& s, std::uint64_t most) {
  if (const auto* n = v.if_int64(); n && *n >= 0 && static_cast<std::uint64_t>(*n) <= most)
    return static_cast<std::uint64_t>(*n);
  if (const auto* n = v.if_uint64(); n && *n <= most)
    return *n;
  s.is_not("a count");
}

void read(const spot& s, std::string& to) { to = text_of(s); }
void read(const spot& s, bool& to) {
  if (!s.value->is_bool())
    s.is_not("true or false");
  to = s.value->get_bool();
}
void read(const spot& s, double& to) {
  const auto* d = s.value->if_double();
  const double n = d ? *d : static_cast<double>(count_of(*s.value, s));
  if (!(std::abs(n) <= greatest_number))
    s.is_not("a number that can be measured");
  to = n;
}
void read(const spot& s, std::uint64_t& to) { to = count_of(*s.value, s); }
void read(const spot& s, unsigned& to) {
  to = static_cast<unsigned>(count_of(*s.value, s, std::numeric_limits<unsigned>::max()));
}
void read(const spot& s, duration& to) {
  to = duration(static_cast<duration::rep>(count_of(*s.value, s, static_cast<std::uint64_t>(longest_time))));
}
void read(const spot& s, std::chrono::system_clock::time_point& to) {
  const auto ns = count_of(*s.value, s, static_cast<std::uint64_t>(latest_start));
  to = std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(
      std::chrono::nanoseconds(static_cast<std::int64_t>(ns))));
}
void read(const spot& s, money& to) {
  const auto m = money::parse(text_of(s));
  if (!m)
    s.is_not("an amount of money");
  to = *m;
}

void read(const spot& s, slo& to) {
  const auto& o = object_of(s);
  const auto m = bench_metric_of(codec::string_at(o, "metric").value_or(""));
  const auto* limit = codec::find(o, "at_most_ns");
  if (!m || !limit)
    s.is_not("a limit on a metric that weir knows");
  duration d{};
  read(s.at("at_most_ns", *limit), d);
  to = slo(*m, d);
}

void read(const spot& s, column& to) {
  static const auto last = column::place_of(histogram::longest);
  const auto& pairs = array_of(s);
  if (pairs.size() % 2 != 0)
    s.is_not("made of pairs");
  std::uint64_t place = 0;
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    place += count_of(pairs[i], s, last);
    if (place > last)
      s.is_not("within an hour");
    to.add(column::from(static_cast<std::uint16_t>(place)), count_of(pairs[i + 1], s));
  }
}

void read(const spot& s, histogram& to) {
  try {
    to = histogram::decoded(text_of(s));
  } catch (const error& e) {
    refuse(s.where + ": " + e.failure().message());
  }
  if (to.count() > most_count)
    s.is_not("a histogram of so few values as can be measured");
}

} // namespace weir::inline v0::bench_record
