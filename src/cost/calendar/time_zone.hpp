// Time zones, read from the system's files, because the standard library of g++ 12 has none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cost/calendar/posix_zone.hpp"

namespace weir::inline v0 {

/// The offsets from UTC of one place. Seconds since 1970.
/// Thread safety: immutable.
class time_zone {
public:
  explicit time_zone(posix_zone rules) : rules_(rules) {}

  /// `UTC`, `+02:00`, `-0330`, `local` (TZ, else /etc/localtime), or a name such as `Europe/Berlin`, whose file is read
  /// below `folder`. nullptr if there is no such zone, or if its file is not valid.
  static std::shared_ptr<const time_zone> find(std::string_view name,
                                               const std::string& folder = "/usr/share/zoneinfo");
  /// The content of a TZif file of version 2 or later. Strict: empty if it is damaged, or counts leap seconds.
  static std::optional<time_zone> parse(std::string_view file);

  std::int32_t offset_at(std::int64_t t) const noexcept;
  /// The first change after `t`; empty if none is known.
  std::optional<offset_change> next_change(std::int64_t t) const noexcept;
  /// The start of the period without a change that `t` is in; empty if there was no change before.
  std::optional<std::int64_t> last_change(std::int64_t t) const noexcept;
  /// The first moment at which local clocks show `local` (seconds, as if it were UTC) or later: where clocks are put
  /// forward over it, that moment; where it is shown twice, the first one.
  std::int64_t first_at(std::int64_t local) const noexcept;

private:
  std::vector<offset_change> changes_; // in order; before the first one, `first_` holds
  std::int32_t first_ = 0;
  posix_zone rules_; // after the last one
  bool has_rules_ = true;
};

} // namespace weir::inline v0
