#include "client/files/channel.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>

#include <weir/core/backoff.hpp>
#include <weir/core/executor.hpp>

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

constexpr auto pace = std::chrono::milliseconds(5);
constexpr auto reader_wait = std::chrono::minutes(10);
// As much as a pipe holds: between two such pieces others have a turn.
constexpr std::size_t piece = 64u << 10;

// write(2) without SIGPIPE, which would end a process that has not been told of a FIFO.
ssize_t write_without_signal(int file, std::string_view bytes) noexcept {
  sigset_t pipe, before, pending;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::sigpending(&pending);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
  const auto n = ::write(file, bytes.data(), bytes.size());
  const int number = errno;
  if (n < 0 && number == EPIPE && !::sigismember(&pending, SIGPIPE)) {
    const timespec none{};
    ::sigtimedwait(&pipe, nullptr, &none);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = number;
  return n;
}

} // namespace

asio::awaitable<void> channel::send(std::string_view bytes) {
  const auto ex = co_await asio::this_coro::executor;
  const auto& clock = time_of(ex);
  auto until = clock.now() + reader_wait;
  while (!bytes.empty()) {
    const auto taken = open() ? write_some(bytes.substr(0, piece)) : 0;
    if (taken > 0) {
      bytes.remove_prefix(taken);
      until = clock.now() + reader_wait;
      co_await asio::post(ex, asio::deferred);
      continue;
    }
    if (clock.now() >= until)
      not_saved(path_, "nobody reads it");
    co_await sleep_for(pace);
  }
}

bool channel::open() {
  if (file() >= 0)
    return true;
  // O_NONBLOCK: nobody is kept waiting by a FIFO without a reader.
  own_ = descriptor(::open(where_.path().c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!own_ && errno != ENXIO)
    not_saved(path_, errno);
  return static_cast<bool>(own_);
}

// 0 where it would have to wait.
std::size_t channel::write_some(std::string_view bytes) const {
  if (!own_) {
    // Others share this file's flags: it cannot be made not to block. One that is ready takes this much.
    pollfd ready{file(), POLLOUT, 0};
    if (::poll(&ready, 1, 0) <= 0)
      return 0;
    bytes = bytes.substr(0, PIPE_BUF);
  }
  const auto n = write_without_signal(file(), bytes);
  if (n < 0 && errno != EAGAIN && errno != EINTR)
    not_saved(path_, errno);
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

} // namespace weir::inline v0
