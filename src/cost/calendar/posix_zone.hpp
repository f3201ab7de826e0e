// The POSIX form of a time zone's rules: `CET-1CEST,M3.5.0,M10.5.0/3`. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::inline v0 {

/// A change of the offset from UTC. Seconds since 1970, seconds east.
struct offset_change {
  offset_change() = default;
  offset_change(std::int64_t at, std::int32_t offset) noexcept : at(at), offset(offset) {}
  std::int64_t at = 0;
  std::int32_t offset = 0; ///< From then on.
};

/// Standard time, and summer time with the days on which it begins and ends.
class posix_zone {
public:
  /// Strict: empty for anything that POSIX (with the extensions of RFC 8536, section 3.3.1) does not define, and for
  /// summer time without rules.
  static std::optional<posix_zone> parse(std::string_view text) noexcept;
  static posix_zone fixed(std::int32_t offset) noexcept {
    posix_zone z;
    z.standard_ = offset;
    return z;
  }

  std::int32_t offset_at(std::int64_t t) const noexcept;
  /// The first change after `t`; empty if there is none.
  std::optional<offset_change> next_change(std::int64_t t) const noexcept;

private:
  struct rule {
    enum class kind : std::uint8_t { month_week_day, julian, day_of_year };
    kind by = kind::month_week_day;
    int month = 1, week = 1, day = 0; // `day` alone for the other two
    std::int32_t time = 7200;         // after local midnight
  };

  static std::optional<rule> parse_rule(std::string_view& text) noexcept;
  static std::int64_t local_time(const rule& r, int year) noexcept;
  // The changes of three years around t, in order.
  std::array<offset_change, 6> around(std::int64_t t) const noexcept;

  std::int32_t standard_ = 0, summer_ = 0;
  bool has_summer_ = false;
  rule begins_, ends_;
};

} // namespace weir::inline v0
