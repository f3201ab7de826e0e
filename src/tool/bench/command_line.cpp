#include "tool/bench/command_line.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

#include "tool/arguments/common.hpp"

namespace weir::inline v0::cli {

namespace {

bool is_secret(std::string_view option) noexcept {
  return option == "--header" || option == "--proxy" || option == "--query";
}

} // namespace

std::string shown_command(const std::vector<std::string>& words) {
  std::string line = "weir";
  bool hide = false;
  bool of_vllm = false; // whose --header takes several values
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const bool option = word.starts_with("--");
    const auto sign = std::min(word.find('='), word.size());
    if (hide && !(of_vllm && option)) {
      line += " ...";
      hide = of_vllm;
      continue;
    }
    const bool secret = option && is_secret(word.substr(0, sign));
    hide = secret && (of_vllm || sign == word.size());
    of_vllm = of_vllm || word == "--vllm-flags";
    line += ' ';
    line += secret && sign < word.size() ? std::string(word.substr(0, sign)) + "=..." : for_shell(words[i]);
  }
  return line;
}

std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::vector<std::string> words;
  for (std::size_t at = 0; at < all.size();) {
    const auto end = std::min(all.find('\0', at), all.size());
    words.push_back(all.substr(at, end - at));
    at = end + 1;
  }
  return words.empty() ? std::string() : shown_command(words);
}

} // namespace weir::inline v0::cli
