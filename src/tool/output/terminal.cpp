#include "tool/output/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace weir::inline v0::cli {

bool is_capable(std::FILE* file) noexcept {
  const char* kind = std::getenv("TERM");
  return ::isatty(::fileno(file)) == 1 && kind && *kind && std::string_view(kind) != "dumb";
}

bool has_colours(std::FILE* file) noexcept {
  const char* no = std::getenv("NO_COLOR");
  return is_capable(file) && !(no && *no);
}

std::size_t width_of(std::FILE* file) noexcept {
  constexpr std::size_t usual = 80;
  winsize size{};
  return ::ioctl(::fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

} // namespace weir::inline v0::cli
