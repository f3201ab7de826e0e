// Reading of records: from files that anybody may have written.
#include <charconv>
#include <cmath>
#include <concepts>
#include <limits>
#include <string>

#include "bench/record/members.hpp"
#include "bench/record/read_value.hpp"
#include "bench/record/record_json.hpp"
#include "codec/json/object_members.hpp"

namespace weir::inline v0::bench_record {

namespace {

template <class T>
void read_object(const spot& s, T& to);

template <class T>
void read(const spot& s, std::pair<T, T>& to) {
  const auto& both = array_of(s);
  if (both.size() != 2)
    s.is_not("a pair");
  read(s.at(0, both[0]), to.first);
  read(s.at(1, both[1]), to.second);
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
  void any_number(std::string_view key, std::uint64_t& to) {
    to = 0;
    if (const auto* v = codec::find(from_, key))
      to = count_of(*v, spot_.at(key, *v), std::numeric_limits<std::uint64_t>::max());
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
  if (auto of_vllm = read_vllm(text))
    return *std::move(of_vllm);
  error_code ec;
  codec::json_problem problem;
  const auto root = codec::parse_json(record_in(text), ec, problem);
  if (ec)
    refuse("neither JSON nor a report in HTML (" + problem.reason + " at byte " + std::to_string(problem.offset) + ")");
  if (codec::string_at(root, "format") != "weir-bench")
    refuse("it has no \"format\":\"weir-bench\", and it is no result of vllm bench serve");
  if (const auto version = codec::uint_at(root, "version"); version != format_version)
    refuse(version.value_or(0) > format_version ? "a newer weir wrote it: its version is " + std::to_string(*version)
                                                : "it has no version");
  bench_result::record r;
  read_object(spot(root, ""), r);
  check_record(r);
  return r;
}

} // namespace weir::inline v0::bench_record
