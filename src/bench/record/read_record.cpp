// Reading of records: from files that anybody may have written.
#include <charconv>
#include <chrono>
#include <cmath>
#include <concepts>
#include <limits>
#include <string>

#include <weir/core/error.hpp>

#include "bench/record/members.hpp"
#include "bench/record/record_json.hpp"
#include "codec/json/json.hpp"
#include "codec/json/object_members.hpp"
#include "cost/plain_text.hpp"

namespace weir::inline v0::bench_record {

namespace {

namespace json = codec::json;

// Far beyond what can be measured, and small enough for sums and products of a few.
constexpr std::uint64_t most_count = std::uint64_t{1} << 53;
constexpr std::int64_t longest_time = 1'000'000'000'000'000'000; // 31 years
constexpr std::int64_t latest_start = 8 * longest_time;          // in 2223
constexpr double greatest_number = 1e15;

// `why` may have names from the file in it.
[[noreturn]] void refuse(const std::string& why) {
  std::string text = "not a benchmark's result that weir reads: ";
  append_plain(text, why, 500);
  throw error(errc::invalid_argument, text);
}

// A value and where it stands.
class spot {
public:
  spot(const json::value& v, std::string where) : value(&v), where(std::move(where)) {}
  spot at(std::string_view key, const json::value& v) const {
    return {v, where.empty() ? std::string(key) : where + '.' + std::string(key)};
  }
  spot at(std::size_t i, const json::value& v) const { return {v, where + '[' + std::to_string(i) + ']'}; }
  [[noreturn]] void is_not(const char* what) const { refuse(where + " is not " + what); }

  const json::value* value;
  std::string where;
};

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

std::uint64_t count_of(const json::value& v, const spot& s, std::uint64_t most = most_count) {
  if (const auto* n = v.if_int64(); n && *n >= 0 && static_cast<std::uint64_t>(*n) <= most)
    return static_cast<std::uint64_t>(*n);
  if (const auto* n = v.if_uint64(); n && *n <= most)
    return *n;
  s.is_not("a count");
}

template <class T>
void read_object(const spot& s, T& to);

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

template <class T>
void read(const spot& s, std::pair<T, T>& to) {
  const auto& both = array_of(s);
  if (both.size() != 2)
    s.is_not("a pair");
  read(s.at(0, both[0]), to.first);
  read(s.at(1, both[1]), to.second);
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

template <class T>
  requires std::is_class_v<T>
void read(const spot& s, T& to) {
  read_object(s, to);
}

template <class T>
void read(const spot& s, std::optional<T>& to) {
  read(s, to.emplace());
}

template <class T>
T blank() {
  return T();
}
template <>
slo blank<slo>() {
  return {bench_metric::ttft, {}};
}

template <class T>
void read(const spot& s, std::vector<T>& to) {
  const auto& all = array_of(s);
  if constexpr (std::same_as<T, target_record>)
    if (all.size() > most_targets)
      s.is_not(("at most " + std::to_string(most_targets) + " targets").c_str());
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto one = blank<T>();
    read(s.at(i, all[i]), one);
    to.push_back(std::move(one));
  }
}

void read_key(const spot&, std::string_view key, std::string& to) { to = key; }
void read_key(const spot& s, std::string_view key, int& to) {
  const auto* end = key.data() + key.size();
  if (const auto r = std::from_chars(key.data(), end, to); r.ec != std::errc() || r.ptr != end)
    s.is_not("by whole numbers");
}

template <class K, class V>
void read(const spot& s, std::map<K, V>& to) {
  for (const auto& member : object_of(s)) {
    K key{};
    read_key(s, member.key(), key);
    read(s.at(member.key(), member.value()), to[key]);
  }
}

void read(const spot& s, std::vector<window>& to);

class member_reader {
public:
  explicit member_reader(const spot& s) : spot_(s), from_(object_of(s)) {}

  template <class T>
  void operator()(std::string_view key, T& to) {
    to = T();
    if (const auto* v = codec::find(from_, key))
      read(spot_.at(key, *v), to);
  }
  void or_endless(std::string_view key, double& to) {
    if (codec::string_at(from_, key) == "endless")
      to = HUGE_VAL;
    else
      (*this)(key, to);
  }
  void by_outcome(std::string_view key, std::array<std::uint64_t, 9>& to) {
    by_name(key, to, [](std::size_t i) { return name_of(static_cast<outcome>(i)); });
  }
  void by_metric(std::string_view key, std::array<histogram, bench_metrics>& to) {
    by_name(key, to, [](std::size_t i) { return name_of(static_cast<bench_metric>(i)); });
  }

private:
  template <class T, std::size_t N, class F>
  void by_name(std::string_view key, std::array<T, N>& to, F name) {
    const auto* all = codec::find(from_, key);
    if (!all)
      return;
    const auto here = spot_.at(key, *all);
    const auto& o = object_of(here);
    for (std::size_t i = 0; i < N; ++i)
      if (const auto* v = codec::find(o, name(i)))
        read(here.at(name(i), *v), to[i]);
  }

  const spot& spot_;
  const json::object& from_;
};

template <class T>
void read_object(const spot& s, T& to) {
  member_reader each(s);
  members(each, to);
}

// A window of those that window_writer wrote.
class window_reader {
public:
  window_reader(const spot& s, std::size_t index, std::size_t count)
      : spot_(s), from_(object_of(s)), index_(index), count_(count) {}

  template <class T>
  void operator()(std::string_view key, T& to) {
    const auto name = prefix_ + std::string(key);
    to = T();
    const auto* all = codec::find(from_, name);
    if (!all)
      return;
    const auto here = spot_.at(name, *all);
    const auto& values = array_of(here);
    if (values.size() != count_)
      here.is_not("an array of as many values as there are windows");
    read(here.at(index_, values[index_]), to);
  }
  void operator()(std::string_view, trust::health& h) {
    prefix_ = "health.";
    members(*this, h);
    prefix_.clear();
  }

private:
  const spot& spot_;
  const json::object& from_;
  std::size_t index_, count_;
  std::string prefix_;
};

void read(const spot& s, std::vector<window>& to) {
  const auto* n = codec::find(object_of(s), "count");
  const auto count = n ? count_of(*n, s.at("count", *n), most_windows) : 0;
  to.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    window_reader each(s, i, count);
    members(each, to[i]);
  }
}

std::string_view record_in(std::string_view text) {
  if (const auto at = text.find(page_begin); at != text.npos) {
    text.remove_prefix(at + page_begin.size());
    text = text.substr(0, text.find(page_end));
  }
  return text;
}

} // namespace

bench_result::record read_record(std::string_view text) {
  if (text.size() > longest_text)
    refuse("it is longer than " + std::to_string(longest_text >> 20) + " MiB");
  error_code ec;
  codec::json_problem problem;
  const auto root = codec::parse_json(record_in(text), ec, problem);
  if (ec)
    refuse("neither JSON nor a report in HTML (" + problem.reason + " at byte " + std::to_string(problem.offset) + ")");
  if (codec::string_at(root, "format") != "weir-bench")
    refuse("it has no \"format\":\"weir-bench\"");
  if (const auto version = codec::uint_at(root, "version"); version != format_version)
    refuse(version.value_or(0) > format_version ? "a newer weir wrote it: its version is " + std::to_string(*version)
                                                : "it has no version");
  bench_result::record r;
  read_object(spot(root, ""), r);
  check_record(r);
  return r;
}

} // namespace weir::inline v0::bench_record
