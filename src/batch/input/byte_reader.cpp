#include "batch/input/byte_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <system_error>

#include <weir/core/error.hpp>

#include "core/failure/system_reason.hpp"

namespace weir::inline v0::input {

namespace asio = boost::asio;

namespace {

constexpr std::size_t piece_size = std::size_t{64} << 10;

[[noreturn]] void fail(const std::string& name, int code) {
  throw error(errc::invalid_argument, name + " cannot be read: " + system_reason(code));
}

// A terminal is opened anew: waiting for a descriptor makes it non-blocking, and that of standard input is often the
// one of standard output too.
int open_input(const input_path& what) {
  if (!what.path.empty())
    return ::open(what.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a FIFO would wait for its writer
  if (::isatty(STDIN_FILENO) == 1)
    if (const int own = ::open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY); own >= 0)
      return own;
  return ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
}

// Puts back what a wait has changed of a description that others may share.
class kept_flags {
public:
  explicit kept_flags(int of) : of_(of), flags_(::fcntl(of, F_GETFL)) {}
  kept_flags(const kept_flags&) = delete;
  kept_flags& operator=(const kept_flags&) = delete;
  ~kept_flags() {
    if (flags_ >= 0)
      ::fcntl(of_, F_SETFL, flags_);
  }

private:
  int of_, flags_;
};

bool is_ready(int of) noexcept {
  pollfd one{of, POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

} // namespace

byte_reader::byte_reader(const input_path& what) : name_(what.name), from_(open_input(what)), piece_(piece_size) {
  if (!from_)
    fail(name_, errno);
  struct stat s{};
  if (::fstat(from_.get(), &s) != 0)
    fail(name_, errno);
  if (S_ISDIR(s.st_mode))
    fail(name_, EISDIR);
  file_ = S_ISREG(s.st_mode) && !what.path.empty();
  always_ready_ = S_ISREG(s.st_mode) || S_ISBLK(s.st_mode);
}

asio::awaitable<void> byte_reader::wait() {
  const auto ex = co_await asio::this_coro::executor;
  const kept_flags keep(from_.get());
  asio::posix::stream_descriptor watched(ex);
  boost::system::error_code ec;
  const int copy = ::fcntl(from_.get(), F_DUPFD_CLOEXEC, 0);
  if (copy < 0)
    fail(name_, errno);
  watched.assign(copy, ec);
  if (ec) {
    ::close(copy);
    fail(name_, ec.value());
  }
  co_await watched.async_wait(asio::posix::stream_descriptor::wait_read, asio::redirect_error(asio::use_awaitable, ec));
  // A device that cannot be waited for is read as a file is.
  if (ec == asio::error::operation_not_supported)
    always_ready_ = true;
  else if (ec)
    throw boost::system::system_error(ec);
}

asio::awaitable<std::string_view> byte_reader::read() {
  for (;;) {
    if (!always_ready_ && !is_ready(from_.get()))
      co_await wait();
    const auto n = ::read(from_.get(), piece_.data(), piece_.size());
    if (n >= 0)
      co_return std::string_view(piece_.data(), static_cast<std::size_t>(n));
    if (errno != EINTR && errno != EAGAIN)
      fail(name_, errno);
  }
}

bool can_read_again(const input_path& what) {
  struct stat s{};
  return !what.path.empty() && ::stat(what.path.c_str(), &s) == 0 && S_ISREG(s.st_mode);
}

} // namespace weir::inline v0::input
