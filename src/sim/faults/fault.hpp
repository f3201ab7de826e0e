// The faults that a simulated provider can inject: one table of names.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/time.hpp>

namespace weir::inline v0::sim {

enum class fault_kind {
  cut,
  reset,
  truncated_chunk,
  stall,
  slow_first,
  no_head,
  hang_up,
  close_delimited,
  close_after_stream,
  rate_limit,
  status_500,
  status_502,
  status_503,
  status_504,
  status_529,
  loading,
  html_error,
  quota_exhausted,
  unauthorized,
  not_found,
  redirect,
  cold_start,
  unhealthy,
  paused,
  error_in_band,
  error_200_json,
  malformed_json,
  split_utf8,
  pings,
  no_done,
  junk_after_done,
  job_fails,
  job_never_ends,
  job_lost,
  poll_429,
  poll_503,
  download_cut,
  download_missing,
  download_large,
  batch_no_output,
  batch_expired,
  batch_counts_zero,
  batch_error_lines,
  batch_duplicate_lines,
  batch_vanished,
  batch_slow_finalize,
  batch_transient_404,
  batch_create_lost,
  slow_handshake,
  bad_cert_expired,
  bad_cert_host,
  bad_cert_self_signed,
  bad_cert_unknown_ca,
};

enum class argument_kind {
  none,
  count, ///< An integer.
  time,  ///< A duration such as `250ms`.
  words, ///< One of the words in fault_info::choices, separated by `|`.
  text,  ///< Free text, defined by the fault.
};

/// One row of the table.
class fault_info {
public:
  constexpr fault_info(fault_kind k, std::string_view n, argument_kind a, std::string_view d, std::string_view c,
                       std::string_view t)
      : kind(k), name(n), argument(a), fallback(d), choices(c), description(t) {}
  fault_kind kind;
  std::string_view name;
  argument_kind argument;
  std::string_view fallback; ///< The argument when none is given.
  std::string_view choices;
  std::string_view description;
};

/// Every fault, in help text order.
std::span<const fault_info> fault_table() noexcept;
const fault_info& info(fault_kind) noexcept;

/// Whether a fault belongs to the connection and not to one request: such a fault can only be set for the whole server.
bool of_connection(fault_kind) noexcept;
/// Whether a fault belongs to a batch: it is drawn when one is made.
bool of_batch(fault_kind) noexcept;

/// A fault with its argument.
class fault {
public:
  explicit fault(fault_kind kind);
  /// \throws weir::error errc::invalid_argument if the argument does not fit the fault.
  fault(fault_kind kind, std::string argument);

  fault_kind kind() const noexcept { return kind_; }
  const std::string& argument() const noexcept { return argument_; }
  std::uint64_t count() const noexcept { return count_; }
  duration time() const noexcept { return time_; }

private:
  fault_kind kind_;
  std::string argument_;
  std::uint64_t count_ = 0;
  duration time_{};
};

/// Reads `NAME[:ARG]` or `NAME[=ARG]`, as in the request header `x-fault`.
/// \throws weir::error errc::invalid_argument; for an unknown name it lists the names.
fault parse_fault(std::string_view text);
/// The same, several separated by commas.
std::vector<fault> parse_faults(std::string_view text);

/// A fault of the whole server: its rate, and for how many requests at most.
class fault_rule {
public:
  static constexpr std::uint64_t always = std::numeric_limits<std::uint64_t>::max();

  explicit fault_rule(fault f, double rate = 1, std::uint64_t times = always)
      : what(std::move(f)), rate(rate), times(times) {}
  fault what;
  double rate;         ///< The share of requests (or connections) affected, 0 to 1.
  std::uint64_t times; ///< At most this often.
};

/// Reads `NAME[:ARG][=RATE][*TIMES]`: `reset:100=0.2`, `503*2`. An argument that is not a number from 0 to 1 may follow
/// a `=` too: `reset=100`.
/// \throws weir::error errc::invalid_argument; for an unknown name it lists the names.
fault_rule parse_fault_rule(std::string_view text);

/// The table as text, a line per fault, for `weir sim --help`.
std::string fault_help();

} // namespace weir::inline v0::sim
