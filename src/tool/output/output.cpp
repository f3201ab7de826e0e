#include "tool/output/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>

#include <weir/core/error.hpp>

#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace {

using clock = std::chrono::steady_clock;

constexpr auto last_words = std::chrono::milliseconds(300);

// The time left for writing after a signal.
int patience() {
  static long long signal = 0;
  static clock::time_point end;
  if (signal != signals::received_at()) {
    signal = signals::received_at();
    end = clock::now() + last_words;
  }
  return static_cast<int>(
      std::max<clock::rep>(0, std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now()).count()));
}

// Whether the file became ready before a signal arrived, and in time; `limit` in milliseconds, -1 for none.
bool wait_for(int file, short what, int limit = -1) {
  for (;;) {
    const bool late = signals::received() != 0;
    pollfd all[] = {{file, what, 0}, {signals::descriptor(), POLLIN, 0}};
    const int n = ::poll(all, late ? 1 : 2, late ? patience() : limit);
    if (n < 0 && errno == EINTR)
      continue;
    // A broken file counts as ready: using it gives the error.
    return n > 0 && all[0].revents != 0;
  }
}

// What stands on the last line of the terminal that stdout and stderr share. Troubles of the cache are told from a
// thread of its own.
std::atomic<bool> line_is_open = false, status_is_drawn = false;

void note_end_of(std::string_view text) noexcept {
  if (!text.empty())
    line_is_open = text.back() != '\n';
}

[[noreturn]] void interrupted() { throw error(errc::cancelled, "interrupted"); }

void write_all(int file, std::string_view text) {
  struct stat s{};
  // A ready pipe takes this much without blocking.
  const std::size_t most = ::fstat(file, &s) == 0 && S_ISREG(s.st_mode) ? 1u << 20 : PIPE_BUF;
  while (!text.empty()) {
    if (!wait_for(file, POLLOUT))
      interrupted();
    const auto n = ::write(file, text.data(), std::min(text.size(), most));
    if (n >= 0)
      text.remove_prefix(static_cast<std::size_t>(n));
    else if (errno != EINTR && errno != EAGAIN)
      throw output_error(errno);
  }
}

void write_words(int file, std::string_view text) noexcept {
  try {
    write_all(file, text);
  } catch (const std::exception&) {
  }
}

} // namespace

output_error::output_error(int number)
    : std::runtime_error(std::string("cannot write to stdout: ") + std::strerror(number)), number_(number) {}

bool output_error::reader_left() const noexcept { return number_ == EPIPE; }

void put(std::FILE* out, std::string_view text) {
  const int file = ::fileno(out);
  if (::isatty(file) != 1)
    return write_all(file, text);
  note_end_of(text);
  write_all(file, harmless(text));
}

void tell(std::FILE* err, std::string_view text) noexcept {
  const int file = ::fileno(err);
  if (::isatty(file) == 1)
    note_end_of(text);
  write_words(file, harmless(text));
}

void tell_apart(std::FILE* err, std::string_view text) noexcept {
  if (::isatty(::fileno(err)) == 1) {
    if (status_is_drawn)
      wipe_line(err);
    if (line_is_open)
      tell(err, "\n");
  }
  tell(err, text);
}

bool is_at_line_start(std::FILE* out) noexcept { return ::isatty(::fileno(out)) == 1 && !line_is_open; }

void tell_between(std::FILE* err, std::string_view before, std::string_view text, std::string_view after) noexcept {
  try {
    note_end_of(text);
    write_words(::fileno(err), std::string(before).append(harmless(text)).append(after));
  } catch (const std::bad_alloc&) {
  }
}

void draw_line(std::FILE* err, std::string_view text) noexcept {
  try {
    pollfd terminal{::fileno(err), POLLOUT, 0};
    const auto line = "\r" + one_line(text) + "\x1b[K";
    status_is_drawn = true;
    if (::poll(&terminal, 1, 0) == 1 && terminal.revents == POLLOUT)
      (void)!::write(terminal.fd, line.data(), line.size());
  } catch (const std::bad_alloc&) {
  }
}

void wipe_line(std::FILE* err) noexcept {
  status_is_drawn = false;
  write_words(::fileno(err), "\r\x1b[K");
}

bool readable_within(int from, std::chrono::milliseconds limit) {
  const bool ready = wait_for(from, POLLIN, static_cast<int>(limit.count()));
  if (!ready && signals::received() != 0)
    interrupted();
  return ready;
}

std::string read_all(int from, const std::string& name, std::size_t limit) {
  std::string text;
  char piece[16 << 10];
  for (;;) {
    if (signals::received() != 0 || !wait_for(from, POLLIN))
      interrupted();
    const auto n = ::read(from, piece, sizeof piece);
    if (n == 0)
      return text;
    if (n < 0 && errno != EINTR && errno != EAGAIN)
      throw error(errc::invalid_argument, fmt::format("cannot read {}: {}", name, std::strerror(errno)));
    if (n > 0)
      text.append(piece, static_cast<std::size_t>(n));
    if (text.size() > limit)
      throw error(errc::invalid_argument, fmt::format("{} is larger than {} MiB", name, limit >> 20));
  }
}

// U+202A to U+202E and U+2066 to U+2069: they make what follows be shown in another order than it is in.
bool turns_direction(std::string_view text) noexcept {
  if (text.size() < 3 || text[0] != '\xE2')
    return false;
  const auto last = static_cast<unsigned char>(text[2]);
  return (text[1] == '\x80' && last >= 0xAA && last <= 0xAE) || (text[1] == '\x81' && last >= 0xA6 && last <= 0xA9);
}

std::string harmless(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are controls too: C2 80 to C2 9F.
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      out += replacement;
      ++i;
    } else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
      out += replacement;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string one_line(std::string_view text) {
  auto line = harmless(text);
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  for (std::size_t i = 0; i < line.size(); ++i)
    if (turns_direction(std::string_view(line).substr(i)))
      line.replace(i, 3, "\xEF\xBF\xBD");
  return line;
}

void open_standard_files() noexcept {
  for (int file = 0; file <= 2; ++file)
    if (::fcntl(file, F_GETFD) < 0 && errno == EBADF)
      (void)!::open("/dev/null", O_RDWR);
}

} // namespace weir::inline v0::cli
