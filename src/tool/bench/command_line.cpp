#include "tool/bench/command_line.hpp"

#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

#include "tool/arguments/common.hpp"

namespace weir::inline v0::cli {

namespace {

constexpr std::string_view secrets[] = {"--header", "--proxy", "--query"};

bool is_secret(std::string_view option) noexcept {
  for (const auto s : secrets)
    if (option == s)
      return true;
  return false;
}

} // namespace

std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::string line;
  bool hide = false;
  for (std::size_t at = 0; at < all.size();) {
    const auto end = std::min(all.find('\0', at), all.size());
    const auto word = all.substr(at, end - at);
    at = end + 1;
    const auto sign = word.find('=');
    if (line.empty())
      line = "weir";
    else if (hide)
      line += " ...";
    else if (sign != word.npos && is_secret(std::string_view(word).substr(0, sign)))
      line += ' ' + word.substr(0, sign) + "=...";
    else
      line += ' ' + for_shell(word);
    hide = is_secret(word);
  }
  return line;
}

} // namespace weir::inline v0::cli
