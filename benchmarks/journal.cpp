// journal [RECORDS [FOLDER]]
//
// What a journal costs: RECORDS records (default 1,000,000) with payloads of 500 bytes go into a journal in FOLDER
// (default: the one for temporary files), each with a callback; then the journal is opened again. The figures depend on
// the disk that FOLDER is on, above all on how long it takes to sync. Prints records per second until the last one is
// synced; microseconds of the caller's CPU time for an append(), and of the whole process for a record; milliseconds
// for an append() that waits; seconds to open it again, with the file in the system's memory, and of those on the
// processor; and by how many bytes for each id memory grows meanwhile:
//     records/s=… caller_us=… cpu_us=… wait_ms=… resume_s=… resume_cpu_s=… bytes/id=…
#include <weir/store/journal.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

constexpr std::size_t payload_bytes = 500;
constexpr int waits = 50;

double seconds(clockid_t clock) {
  timespec t{};
  ::clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

double resident_bytes() {
  std::ifstream in("/proc/self/statm");
  double size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

weir::journal_record record(std::uint64_t n) {
  weir::journal_record r(2, "item-" + std::to_string(n), std::string(payload_bytes, 'x'));
  r.index = n;
  r.fingerprint = n;
  return r;
}

void write(const std::string& path, std::uint64_t records) {
  std::uint64_t failed = 0;
  double caller = 0;
  const double begin = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  {
    const auto j = weir::open_journal(path);
    for (std::uint64_t n = 0; n < records;) {
      // The clock is looked at once for many, and the records are made outside of what is measured.
      constexpr std::size_t together = 100;
      weir::journal_record some[together];
      std::size_t made = 0;
      for (; made < together && n < records; ++made)
        some[made] = record(n++);
      const double from = seconds(CLOCK_THREAD_CPUTIME_ID);
      for (std::size_t i = 0; i < made; ++i)
        j->append(std::move(some[i]), [&failed](weir::error_code ec) { failed += ec.failed(); });
      caller += seconds(CLOCK_THREAD_CPUTIME_ID) - from;
    }
  }
  const auto each = static_cast<double>(records);
  std::printf("records/s=%.0f caller_us=%.2f cpu_us=%.2f ", each / (seconds(CLOCK_MONOTONIC) - begin),
              caller / each * 1e6, (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / each * 1e6);
  if (failed != 0)
    std::printf("failed=%llu ", static_cast<unsigned long long>(failed));
}

void resume(const std::string& path, std::uint64_t records) {
  const double memory = resident_bytes();
  const double begin = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  const auto j = weir::open_journal(path);
  const double took = seconds(CLOCK_MONOTONIC) - begin, worked = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  const double grown = resident_bytes() - memory;
  if (j->count(2) != records)
    std::printf("lost=%lld ", static_cast<long long>(records) - static_cast<long long>(j->count(2)));
  const double from = seconds(CLOCK_MONOTONIC);
  for (int i = 0; i < waits; ++i)
    j->append(record(0));
  std::printf("wait_ms=%.2f resume_s=%.2f resume_cpu_s=%.2f bytes/id=%.1f\n",
              (seconds(CLOCK_MONOTONIC) - from) / waits * 1e3, took, worked, grown / static_cast<double>(records));
}

} // namespace

int main(int argc, char** argv) {
  const std::uint64_t records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::filesystem::path folder = argc > 2 ? argv[2] : std::filesystem::temp_directory_path();
  const auto path = (folder / ("weir-bench-journal-" + std::to_string(::getpid()))).string();
  // In a process of its own, so that what writing has taken is not there to be used again.
  std::fflush(stdout);
  if (argc > 3) {
    resume(argv[3], records);
    return 0;
  }
  write(path, records);
  std::fflush(stdout);
  const auto again = std::string("\"") + argv[0] + "\" " + std::to_string(records) + " . \"" + path + '"';
  const int failed = std::system(again.c_str());
  std::filesystem::remove(path);
  return failed != 0;
}
