#include "batch/input/paths.hpp"

#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

#include <weir/core/error.hpp>

namespace weir::inline v0::input {

namespace {

// A place in memory is 20 bits of a file's number; see id_ledger.
constexpr std::size_t most_inputs = std::size_t{1} << 20;

std::string reason(int code) { return std::error_code(code, std::generic_category()).message(); }

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  const std::unique_ptr<glob_t, void (*)(glob_t*)> owner(&found, &::globfree);
  // Unsorted: glob() would sort as the locale does, and parts of a job must be the same on every machine.
  const int r = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  if (r == GLOB_NOSPACE)
    throw std::bad_alloc();
  std::vector<std::string> all(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  std::erase_if(all, [](const std::string& path) {
    struct stat s{};
    return ::stat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode);
  });
  std::sort(all.begin(), all.end());
  return all;
}

void add(std::vector<input_path>& to, const std::string& given) {
  struct stat s{};
  if (given == "-") {
    if (std::any_of(to.begin(), to.end(), [](const input_path& p) { return p.path.empty(); }))
      throw error(errc::invalid_argument, "standard input is given twice: it can only be read once");
    to.emplace_back(std::string(), "stdin");
  } else if (::stat(given.c_str(), &s) == 0) {
    if (S_ISDIR(s.st_mode))
      throw error(errc::invalid_argument, given + " is a folder: name its files, for example '" + given +
                                              (given.ends_with('/') ? "" : "/") + "*.jsonl'");
    if (::access(given.c_str(), R_OK) != 0)
      throw error(errc::invalid_argument, given + " cannot be read: " + reason(errno));
    to.emplace_back(given, given);
  } else if (const int code = errno; given.find_first_of("*?[") == given.npos) {
    throw error(errc::invalid_argument, (given.empty() ? "an empty path" : given) + " cannot be read: " + reason(code));
  } else {
    const auto all = matches(given);
    if (all.empty())
      throw error(errc::invalid_argument, "no file matches " + given);
    for (const auto& path : all)
      to.emplace_back(path, path);
  }
}

} // namespace

std::vector<input_path> find_inputs(const std::vector<std::string>& paths) {
  std::vector<input_path> all;
  for (const auto& one : paths)
    add(all, one);
  if (all.empty())
    throw error(errc::invalid_argument, "a batch needs an input: files, or - for standard input");
  if (all.size() > most_inputs)
    throw error(errc::invalid_argument, "more than 1,048,576 input files");
  return all;
}

} // namespace weir::inline v0::input
