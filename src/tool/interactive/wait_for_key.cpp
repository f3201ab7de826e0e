#include "tool/interactive/wait_for_key.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "tool/signals.hpp"

namespace weir::inline v0::cli {

bool has_keys(int limit) noexcept {
  pollfd keys{STDIN_FILENO, POLLIN, 0};
  return ::poll(&keys, 1, limit) == 1;
}

line_input::outcome read_keys(char* into, std::size_t most, std::size_t& size, int wake,
                              const std::function<void()>& woken) {
  for (;;) {
    pollfd all[] = {{STDIN_FILENO, POLLIN, 0}, {signals::descriptor(), POLLIN, 0}, {wake, POLLIN, 0}};
    if (signals::received() != 0)
      return line_input::outcome::interrupted;
    const int ready = ::poll(all, 3, -1);
    if (ready < 0 && errno != EINTR)
      return line_input::outcome::lost;
    if (signals::received() != 0)
      return line_input::outcome::interrupted;
    if (ready > 0 && all[2].revents != 0)
      woken();
    if (ready < 0 || all[0].revents == 0)
      continue;
    const auto n = ::read(STDIN_FILENO, into, most);
    if (n == 0)
      return line_input::outcome::ended;
    if (n < 0 && errno != EINTR && errno != EAGAIN)
      return line_input::outcome::lost;
    if (n > 0) {
      size = static_cast<std::size_t>(n);
      return line_input::outcome::line;
    }
  }
}

} // namespace weir::inline v0::cli
