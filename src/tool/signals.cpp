#include "tool/signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace weir::inline v0::cli::signals {

namespace {

constexpr unsigned patience = 4; // seconds
// A wrapper that forwards signals, such as timeout(1), delivers each twice.
constexpr long long echo = 100'000'000; // ns

std::atomic<int> first{0};
std::atomic<bool> conversing{false}, interrupted{false};
std::atomic<bool> finishing{false}, report_wanted{false};
std::atomic<int> end_wanted{0};
std::atomic<long long> came{0};
int ends[2] = {-1, -1};

static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free &&
              std::atomic<long long>::is_always_lock_free);

long long now() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

extern "C" void weir_on_signal(int which) {
  const int saved = errno;
  int none = 0;
  if (which == SIGUSR1) {
    report_wanted = true;
    (void)!::write(ends[1], "", 1);
  } else if (finishing && end_wanted == 0 && first == 0 && (which == SIGINT || which == SIGTERM)) {
    came = now();
    end_wanted = which;
    (void)!::write(ends[1], "", 1);
  } else if (end_wanted != 0 && first == 0 && which != SIGHUP && now() - came <= echo) {
    // The same signal, forwarded by a wrapper.
  } else if (which == SIGINT && conversing && first == 0) {
    if (interrupted && now() - came > echo)
      ::_exit(128 + which);
    came = now();
    if (!interrupted.exchange(true))
      (void)!::write(ends[1], "", 1);
  } else if (first.compare_exchange_strong(none, which)) {
    came = now();
    (void)!::write(ends[1], "", 1);
    ::alarm(patience);
  } else if (which == SIGALRM || (which != SIGHUP && now() - came > echo)) {
    ::_exit(128 + first);
  }
  errno = saved;
}

void handle(int which) {
  struct sigaction before{};
  ::sigaction(which, nullptr, &before);
  if (before.sa_handler == SIG_IGN)
    return;
  // Without SA_RESTART: a blocking call returns, and the signal is noticed.
  struct sigaction ours{};
  ours.sa_handler = weir_on_signal;
  ::sigfillset(&ours.sa_mask);
  ::sigaction(which, &ours, nullptr);
}

} // namespace

void watch() {
  if (ends[0] >= 0 || ::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return;
  for (const int which : {SIGINT, SIGTERM, SIGHUP, SIGALRM})
    handle(which);
}

void converse() noexcept { conversing = true; }

void finish_first() noexcept { finishing = true; }
int wants_end() noexcept { return end_wanted; }

void report_on_request() noexcept { handle(SIGUSR1); }
bool take_report_request() noexcept { return report_wanted.exchange(false); }

void drain_descriptor() noexcept {
  char bytes[16];
  while (::read(ends[0], bytes, sizeof bytes) > 0) {
  }
}

bool take_interrupt() noexcept {
  if (!interrupted)
    return false;
  char byte = 0;
  while (::read(ends[0], &byte, 1) == 1) {
  }
  interrupted = false;
  // What was read may have been another signal's.
  if (first != 0)
    (void)!::write(ends[1], "", 1);
  return true;
}

int received() noexcept {
  const int which = first;
  return which == 0 && interrupted ? SIGINT : which;
}

long long received_at() noexcept { return came; }
int descriptor() noexcept { return ends[0]; }

} // namespace weir::inline v0::cli::signals
