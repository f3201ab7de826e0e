#include "tool/bench/given_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>

namespace weir::inline v0::cli {

namespace {

bool names_file(std::string_view option) noexcept {
  constexpr std::string_view all[] = {"report", "output", "csv",    "save-calls", "baseline", "data",       "cacert",
                                      "cert",   "key",    "ledger", "prices",     "config",   "unix-socket"};
  return std::find(std::begin(all), std::end(all), option) != std::end(all);
}

std::string absolute(const std::string& path) {
  return path == "-" || path == "none" ? path : std::filesystem::absolute(path).string();
}

std::string from_here(std::string_view option, const std::string& value) {
  if (names_file(option))
    return absolute(value);
  const auto sign = value.find('=');
  if (option == "export" && sign != value.npos)
    return value.substr(0, sign + 1) + absolute(value.substr(sign + 1));
  // `@FILE` of --template and --format.
  return (option == "template" || option == "format") && value.starts_with('@') ? "@" + absolute(value.substr(1))
                                                                                : value;
}

} // namespace

std::vector<std::string> given_options(const CLI::App& command) {
  std::vector<std::string> words;
  for (const auto* option : command.get_options()) {
    const auto& names = option->get_lnames();
    if (option->count() == 0 || names.empty() || names.front() == "only")
      continue;
    if (option->get_expected_max() == 0)
      words.push_back(fmt::format("--{}", names.front()));
    else
      for (const auto& value : option->results())
        words.push_back(fmt::format("--{}={}", names.front(), from_here(names.front(), value)));
  }
  return words;
}

} // namespace weir::inline v0::cli
