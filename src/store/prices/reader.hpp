// What the readers of all formats share: fields with their paths, prices with their limits, mistakes.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/number_text.hpp"
#include "cost/prices/table.hpp"

namespace weir::inline v0::price_lists {

/// A value with its place in the document: `prices[3].tiers[0].input`. Refers to its parent, which must outlive it.
class field {
public:
  using value_kind = codec::text_value::kind;

  explicit field(const codec::text_value& root) : value_(root) {}
  field(const field& parent, const codec::text_value& member) : parent_(&parent), value_(member), key_(member.key()) {}
  field(const field& parent, const codec::text_value& element, std::size_t index)
      : parent_(&parent), value_(element), index_(index), indexed_(true) {}

  const codec::text_value& value() const noexcept { return value_; }
  std::string_view key() const noexcept { return key_; }
  std::string path() const;

  bool is_object() const noexcept { return value_.is(value_kind::object); }
  bool is_array() const noexcept { return value_.is(value_kind::array); }
  bool is_null() const noexcept { return value_.is(value_kind::null); }
  /// Empty unless it is a string.
  std::string_view string() const noexcept {
    return value_.is(value_kind::string) ? value_.text() : std::string_view();
  }

  /// Ends the reading of what the field belongs to; see price_reader::attempt().
  [[noreturn]] void fail(std::string_view what) const;

private:
  const field* parent_ = nullptr;
  codec::text_value value_;
  std::string_view key_;
  std::size_t index_ = 0;
  bool indexed_ = false;
};

/// Calls `f(field)` for each member of an object, or each element of an array, that is not null.
template <class F>
void each(const field& in, F f) {
  std::size_t index = 0;
  for (const auto v : in.value()) {
    const auto child = in.is_array() ? field(in, v, index) : field(in, v);
    ++index;
    if (!child.is_null())
      f(child);
  }
}

/// The member of that name, if it is there and not null.
inline std::optional<field> member(const field& in, std::string_view key) {
  if (const auto found = in.value().find(key))
    return field(in, *found);
  return std::nullopt;
}

/// A string that must be there and not be empty.
std::string_view required_string(const field& in, std::string_view key);

/// A number, or a string that is one.
std::string_view number_text(const field& f);
/// The price of `per` of the unit: not negative, and not absurdly high (parse_prices()).
rate read_rate(const field& f, usage_unit u, std::uint64_t per);
/// A whole number of tokens.
std::uint64_t read_count(const field& f);

/// `2026-03-13`, or `2026-03-13T16:00:00Z`, UTC. Sets price_time::from and date.
void read_date(const field& f, price_time& when);
/// Seconds after midnight UTC of `16:30`, `16:30:00`, `16:30:00Z` or `18:30:00+02:00`; `24:00` is 0.
std::uint32_t read_time_of_day(const field& f, std::string_view text);

/// Where the entries of a list go, and its mistakes.
class price_reader {
public:
  price_reader(std::string name, bool refuse) : refuse_(refuse) { table.name = std::move(name); }

  price_table table;
  /// A line each, of the first 1,000.
  std::vector<std::string> warnings;

  /// Calls `f()`, in which a field may fail: what it belongs to is left out and told, or the list is refused.
  /// \throws weir::error errc::invalid_configuration
  template <class F>
  void attempt(F f) {
    try {
      f();
    } catch (const mistake& m) {
      report(m);
    }
  }

  /// Says once for each `key` that it was left out, because this program does not know it.
  void unknown(const field& f, std::string_view key);

  /// Adds an entry unless it has no price at all.
  void add(price_entry e);

private:
  friend class field;
  struct mistake {
    explicit mistake(std::string line) : line(std::move(line)) {}
    std::string line;
  };
  void report(const mistake& m);

  bool refuse_;
  std::set<std::string, std::less<>> unknown_;
};

/// The one period of a list without dates.
price_period& undated(price_entry& e);

/// Sets the rate of cache writes of which a list does not say for how long.
void set_cache_write(unit_rates& rates, rate r);

} // namespace weir::inline v0::price_lists
