#include "bench/engine/machine.hpp"

#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace weir::inline v0::bench_engine {

namespace {

duration thread_time() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

// Ticks of all cores: those in which something ran, and all. Zeros where /proc is not there.
void machine_time(std::uint64_t& busy, std::uint64_t& all) {
  busy = all = 0;
  std::ifstream file("/proc/stat");
  std::string name;
  if (!(file >> name) || name != "cpu")
    return;
  // user, nice, system, idle, iowait, irq, softirq, steal
  for (int i = 0; i < 8; ++i) {
    std::uint64_t n = 0;
    if (!(file >> n))
      return;
    all += n;
    if (i != 3 && i != 4)
      busy += n;
  }
}

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

} // namespace

cpu_meter::cpu_meter() : last_(std::chrono::steady_clock::now()), thread_(thread_time()) { machine_time(busy_, all_); }

cpu_meter::share cpu_meter::take(time_point now) {
  share s;
  const auto used = thread_time();
  if (now > last_)
    s.thread = static_cast<double>((used - thread_).count()) / static_cast<double>((now - last_).count());
  thread_ = used;
  last_ = now;
  std::uint64_t busy = 0, all = 0;
  machine_time(busy, all);
  if (all > all_)
    s.machine = static_cast<double>(busy - std::min(busy, busy_)) / static_cast<double>(all - all_);
  busy_ = busy;
  all_ = all;
  return s;
}

std::string system_text() {
  utsname u{};
  if (::uname(&u) != 0)
    return "unknown";
  return std::string(u.sysname) + " " + u.release + " " + u.machine;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string frequency_governor() { return first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"); }

} // namespace weir::inline v0::bench_engine
