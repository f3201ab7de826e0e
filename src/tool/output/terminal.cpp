#include "tool/output/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace weir::inline v0::cli {

namespace {

class character {
public:
  std::size_t bytes;
  std::size_t columns;
};

class range {
public:
  std::uint32_t first, last;
};

// The blocks of Unicode's East Asian Width that are wide, in outline.
constexpr range wide[] = {{0x1100, 0x115F},   {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},  {0xF900, 0xFAFF},
                          {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                          {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
constexpr range combining[] = {
    {0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

template <std::size_t n>
bool is_in(const range (&all)[n], std::uint32_t code) noexcept {
  for (const auto& r : all)
    if (code >= r.first && code <= r.last)
      return true;
  return false;
}

// Of valid UTF-8; a byte that is none is a column.
character first_of(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t bytes = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (bytes == 1 || bytes > text.size())
    return {1, 1};
  std::uint32_t code = lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i)
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  return {bytes, is_in(combining, code) ? 0u : is_in(wide, code) ? 2u : 1u};
}

} // namespace

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

std::string fitted(std::string_view line, std::size_t columns) {
  std::size_t used = 0;
  std::size_t cut = 0; // where the ellipsis would go
  for (std::size_t at = 0; at < line.size();) {
    const auto next = first_of(line.substr(at));
    if (used + next.columns > columns)
      return columns == 0 ? std::string() : std::string(line.substr(0, cut)) + "…";
    used += next.columns;
    at += next.bytes;
    if (used < columns)
      cut = at;
  }
  return std::string(line);
}

} // namespace weir::inline v0::cli
