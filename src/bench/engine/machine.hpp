// How busy this thread and this machine are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <weir/core/time.hpp>

namespace weir::inline v0::bench_engine {

/// CPU time since the last call, of the calling thread and of the machine.
class cpu_meter {
public:
  /// Begins now, on this thread.
  cpu_meter();

  class share {
  public:
    share() = default;
    double thread = 0;  ///< Of one core.
    double machine = 0; ///< Of all cores; 0 where it cannot be told.
  };
  /// Since the last one, or the beginning; to be called on the same thread.
  share take(time_point now);

private:
  time_point last_;
  duration thread_;
  std::uint64_t busy_ = 0, all_ = 0;
};

/// The kernel and the machine, such as `Linux 6.1 x86_64`; the host's name; the governor of the CPU's frequency, empty
/// where there is none.
std::string system_text();
std::string host_name();
std::string frequency_governor();

} // namespace weir::inline v0::bench_engine
