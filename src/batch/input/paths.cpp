#include "batch/input/paths.hpp"

#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>

#include <weir/core/error.hpp>
#include <weir/task/media.hpp>

#include "core/failure/system_reason.hpp"

namespace weir::inline v0::input {

namespace {

// A place in memory is 20 bits of a file's number; see id_ledger.
constexpr std::size_t most_inputs = std::size_t{1} << 20;

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

std::string normal(const std::string& path) { return std::filesystem::path(path).lexically_normal().string(); }

void add_file(std::vector<input_path>& to, const std::string& path) { to.emplace_back(path, normal(path)); }

std::string beginning_of(const std::string& path) {
  constexpr std::size_t enough = 512;
  std::string bytes(enough, '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(bytes.data(), enough);
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return bytes;
}

// Links to folders are not followed: they may lead in circles.
std::vector<std::string> media_in(const std::string& folder, const wanted_media& wanted) {
  namespace fs = std::filesystem;
  std::vector<std::string> all;
  std::error_code ec;
  fs::recursive_directory_iterator at(folder, ec);
  for (; !ec && at != fs::recursive_directory_iterator(); at.increment(ec)) {
    const bool hidden = at->path().filename().string().starts_with('.');
    std::error_code ignored;
    if (hidden && at->is_directory(ignored))
      at.disable_recursion_pending();
    if (!hidden && at->is_regular_file(ignored) && wanted(content_type_of(beginning_of(at->path().string()))))
      all.push_back(normal(at->path().string()));
    if (all.size() > most_inputs)
      break;
  }
  if (ec)
    throw error(errc::invalid_argument, folder + " cannot be read: " + ec.message());
  std::sort(all.begin(), all.end());
  return all;
}

void add_folder(std::vector<input_path>& to, const std::string& given, const wanted_media& wanted) {
  if (!wanted)
    throw error(errc::invalid_argument, given + " is a folder: name its files, for example '" + given +
                                            (given.ends_with('/') ? "" : "/") + "*.jsonl'");
  const auto all = media_in(given, wanted);
  if (all.empty())
    throw error(errc::invalid_argument, given + " has no files of the kind that the task takes");
  for (const auto& path : all)
    to.emplace_back(path, path);
}

void add(std::vector<input_path>& to, const std::string& given, const wanted_media& wanted) {
  struct stat s{};
  if (given == "-") {
    if (std::any_of(to.begin(), to.end(), [](const input_path& p) { return p.path.empty(); }))
      throw error(errc::invalid_argument, "standard input is given twice: it can only be read once");
    to.emplace_back(std::string(), "stdin");
  } else if (::stat(given.c_str(), &s) == 0) {
    if (S_ISDIR(s.st_mode))
      return add_folder(to, given, wanted);
    if (::access(given.c_str(), R_OK) != 0)
      throw error(errc::invalid_argument, given + " cannot be read: " + system_reason(errno));
    add_file(to, given);
  } else if (const int code = errno; given.find_first_of("*?[") == given.npos) {
    throw error(errc::invalid_argument,
                (given.empty() ? "an empty path" : given) + " cannot be read: " + system_reason(code));
  } else {
    const auto all = matches(given);
    if (all.empty())
      throw error(errc::invalid_argument, "no file matches " + given);
    for (const auto& path : all)
      add_file(to, path);
  }
}

} // namespace

std::vector<input_path> find_inputs(const std::vector<std::string>& paths, const wanted_media& wanted) {
  std::vector<input_path> all;
  for (const auto& one : paths)
    add(all, one, wanted);
  if (all.empty())
    throw error(errc::invalid_argument, "a batch needs an input: files, or - for standard input");
  if (all.size() > most_inputs)
    throw error(errc::invalid_argument, "more than 1,048,576 input files");
  return all;
}

} // namespace weir::inline v0::input
