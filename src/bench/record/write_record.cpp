// Writing of records.
#include <chrono>
#include <cmath>
#include <concepts>
#include <string>

#include "batch/output/object_writer.hpp"
#include "bench/record/members.hpp"
#include "bench/record/record_json.hpp"

namespace weir::inline v0::bench_record {

namespace {

std::string json_of(const std::string& s) {
  std::string out;
  append_quoted(out, s);
  return out;
}
std::string json_of(bool b) { return b ? "true" : "false"; }
std::string json_of(double d) { return codec::to_text(codec::json::value(d)); }
std::string json_of(duration d) { return std::to_string(d.count()); }
std::string json_of(std::chrono::system_clock::time_point t) {
  return std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count());
}
std::string json_of(const money& m) { return json_of(m.text()); }
template <class T>
  requires std::integral<T>
std::string json_of(T n) {
  return std::to_string(n);
}

template <class T>
std::string object_of(const T& v);

std::string json_of(const slo& s) {
  std::string out;
  object_writer o(out);
  o.text("metric", name_of(s.of()));
  o.number("at_most_ns", s.limit().count());
  o.close();
  return out;
}

// Pairs of how far a place is from the one before it, and its count.
std::string json_of(const column& c) {
  std::string out = "[";
  int before = 0;
  for (const auto& [place, n] : c.counts()) {
    out += (out.size() > 1 ? "," : "") + std::to_string(place - before) + ',' + std::to_string(n);
    before = place;
  }
  return out + ']';
}

template <class T>
std::string json_of(const std::pair<T, T>& p) {
  return '[' + json_of(p.first) + ',' + json_of(p.second) + ']';
}

template <class T>
  requires std::is_class_v<T>
std::string json_of(const T& v) {
  return object_of(v);
}

template <class T>
std::string json_of(const std::vector<T>& all) {
  std::string out = "[";
  for (const auto& one : all)
    out += (out.size() > 1 ? "," : "") + json_of(one);
  return out + ']';
}

std::string key_of(const std::string& s) { return s; }
std::string key_of(int n) { return std::to_string(n); }

template <class K, class V>
std::string json_of(const std::map<K, V>& all) {
  std::string out;
  object_writer o(out);
  for (const auto& [key, v] : all)
    o.raw(key_of(key), json_of(v));
  o.close();
  return out;
}

// The windows, a member of all of them after the other: there are many, and names would be most of the text.
class window_writer {
public:
  template <class T>
  void operator()(std::string_view key, const T& v) {
    auto& m = members_[at_ == members_.size() ? add(key) : at_];
    ++at_;
    m.values += (m.values.empty() ? "" : ",") + json_of(v);
    m.any = m.any || !(v == T());
  }
  void operator()(std::string_view, const trust::health& h) {
    prefix_ = "health.";
    members(*this, h);
    prefix_.clear();
  }
  void next() noexcept { at_ = 0; }

  std::string text(std::size_t count) const {
    std::string out;
    object_writer o(out);
    o.number("count", count);
    for (const auto& m : members_)
      if (m.any)
        o.raw(m.name, '[' + m.values + ']');
    o.close();
    return out;
  }

private:
  class member {
  public:
    explicit member(std::string called) : name(std::move(called)) {}
    std::string name, values;
    bool any = false;
  };

  std::size_t add(std::string_view key) {
    members_.emplace_back(prefix_ + std::string(key));
    return members_.size() - 1;
  }

  std::vector<member> members_;
  std::size_t at_ = 0;
  std::string prefix_;
};

std::string json_of(const std::vector<window>& all) {
  window_writer each;
  for (const auto& w : all) {
    each.next();
    members(each, w);
  }
  return each.text(all.size());
}

class member_writer {
public:
  explicit member_writer(object_writer& to) : to_(to) {}

  template <class T>
  void operator()(std::string_view key, const T& v) {
    if (!(v == T()))
      to_.raw(key, json_of(v));
  }
  template <class T>
  void operator()(std::string_view key, const std::vector<T>& v) {
    if (!v.empty())
      to_.raw(key, json_of(v));
  }
  template <class T>
  void operator()(std::string_view key, const std::optional<T>& v) {
    if (v)
      to_.raw(key, json_of(*v));
  }
  void or_endless(std::string_view key, double v) {
    if (std::isinf(v))
      to_.text(key, "endless");
    else
      (*this)(key, v);
  }
  void any_number(std::string_view key, std::uint64_t v) { (*this)(key, v); }
  void by_outcome(std::string_view key, const std::array<std::uint64_t, 9>& all) {
    std::string out;
    object_writer o(out);
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i] > 0)
        o.number(name_of(static_cast<outcome>(i)), all[i]);
    o.close();
    to_.raw(key, out);
  }
  void by_metric(std::string_view key, const std::array<histogram, bench_metrics>& all) {
    std::string out;
    object_writer o(out);
    for (std::size_t i = 0; i < all.size(); ++i)
      if (!all[i].empty())
        o.text(name_of(static_cast<bench_metric>(i)), all[i].encoded());
    o.close();
    to_.raw(key, out);
  }

private:
  object_writer& to_;
};

template <class T>
std::string object_of(const T& v) {
  std::string out;
  object_writer o(out);
  member_writer each(o);
  members(each, v);
  o.close();
  return out;
}

} // namespace

std::string to_json(const bench_result::record& r) {
  std::string out;
  object_writer o(out);
  o.text("format", "weir-bench");
  o.number("version", format_version);
  o.raw("summary", summary_json(r));
  member_writer each(o);
  members(each, r);
  o.close();
  return out;
}

} // namespace weir::inline v0::bench_record
