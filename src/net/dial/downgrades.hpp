// Origins that HTTP/2 is not offered to for a while.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include <weir/core/time.hpp>

namespace weir::inline v0::net {

/// Remembers the origins whose connections of HTTP/2 do not work: a front or a tunnel that loses what it carries, which
/// takes all its streams along each time. Bounded.
/// Thread safety: none; one strand at a time.
class downgrades {
public:
  static constexpr duration close_together = std::chrono::minutes(1);
  static constexpr duration lasting = std::chrono::minutes(10);
  static constexpr std::size_t most_origins = 256;

  downgrades() = default;

  /// Whether the origin is spoken to in HTTP/1.1.
  bool covers(const std::string& origin, time_point now) const noexcept;
  /// How many origins are.
  std::size_t count(time_point now) const noexcept;
  /// A connection to it died silently. The second one within a minute begins a downgrade.
  void fell_silent(const std::string& origin, time_point now);
  /// The origin itself wants HTTP/1.1.
  void required(const std::string& origin, time_point now);

private:
  class state {
  public:
    state() = default;
    time_point last_silence = time_point::min(); // no earlier one
    time_point until = time_point::min();
  };
  state& at(const std::string& origin, time_point now);

  std::map<std::string, state> origins_;
};

} // namespace weir::inline v0::net
