#include "tool/batch/batch_places.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <utility>

#include <weir/core/error.hpp>

#include "batch/output/output_writer.hpp"
#include "batch/output/result_files.hpp"

namespace weir::inline v0::cli {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(std::string why) { throw error(errc::invalid_argument, std::move(why)); }

bool is_file(const std::string& path) { return !path.empty() && path != "-"; }

bool has_something(const std::string& path) {
  std::error_code ignored;
  return is_file(path) && fs::is_regular_file(path, ignored) && fs::file_size(path, ignored) != 0;
}

// Whether a file of failures ends as weir writes them.
bool has_failures(const std::string& path) {
  constexpr std::uintmax_t most = 64 << 10;
  std::error_code ignored;
  const auto size = fs::file_size(path, ignored);
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(size - std::min(size, most)));
  std::string end(static_cast<std::size_t>(std::min(size, most)), '\0');
  in.read(end.data(), static_cast<std::streamsize>(end.size()));
  return end.find("\"weir_error\":") != end.npos;
}

// Whether a path leads into a folder, or is it.
bool is_within(const std::string& path, const std::string& folder) {
  std::error_code ec;
  const auto inner = fs::weakly_canonical(fs::absolute(path, ec), ec)
                         .lexically_relative(fs::weakly_canonical(fs::absolute(folder, ec), ec));
  return !inner.empty() && *inner.begin() != "..";
}

// What is made there would be an input of the next run, or take the place of one.
void check_folder(const batch_places& p) {
  check_files_folder(p.files, p.replace);
  std::error_code ignored;
  for (const auto& in : p.inputs)
    if (is_file(in) && fs::exists(in, ignored) &&
        (is_within(in, p.files) || (fs::is_directory(in, ignored) && is_within(p.files, in))))
      refuse(fmt::format("the folder of --files, {}, and the input {} cannot be in one another: name another folder",
                         p.files, in));
}

} // namespace

void check_places(const batch_places& p) {
  const std::pair<const char*, const std::string*> all[] = {
      {"output", &p.output}, {"failures", &p.failures}, {"journal", &p.journal}, {"status", &p.status}};
  for (const auto& [what, path] : all) {
    if (!is_file(*path))
      continue;
    for (const auto& in : p.inputs)
      if (is_file(in) && is_same_file(in, *path))
        refuse(fmt::format("{} is an input and would be overwritten: name another file", *path));
    for (const auto& [other, second] : all) {
      if (other == what)
        break;
      if (is_file(*second) && is_same_file(*second, *path))
        refuse(fmt::format("the {} and the {} cannot be the same file: {}", other, what, *path));
    }
  }
  if (!p.files.empty())
    check_folder(p);
  std::error_code ignored;
  if (!p.replace && has_something(p.output) && !fs::exists(p.journal, ignored))
    refuse(
        fmt::format("{} exists, and is not of this job, which has no journal yet ({}): name another file, or replace "
                    "it with --force",
                    p.output, p.journal));
  if (!p.replace && has_something(p.failures) && !has_failures(p.failures))
    refuse(fmt::format("{} exists, and is no file of failures: name another file, or replace it with --force",
                       p.failures));
  for (const auto& path : {p.output, p.failures})
    if (!path.empty())
      check_output(path);
}

} // namespace weir::inline v0::cli
