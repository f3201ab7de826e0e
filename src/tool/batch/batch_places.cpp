#include "tool/batch/batch_places.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include <weir/core/error.hpp>

#include "batch/output/output_writer.hpp"

namespace weir::inline v0::cli {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(std::string why) { throw error(errc::invalid_argument, std::move(why)); }

bool is_file(const std::string& path) { return !path.empty() && path != "-"; }

bool has_something(const std::string& path) {
  std::error_code ignored;
  return is_file(path) && fs::is_regular_file(path, ignored) && fs::file_size(path, ignored) != 0;
}

} // namespace

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code ec;
  if (fs::exists(a, ec) && fs::exists(b, ec))
    return fs::is_regular_file(a, ec) && fs::equivalent(a, b, ec);
  return fs::weakly_canonical(a, ec) == fs::weakly_canonical(b, ec);
}

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
  std::error_code ignored;
  if (!p.replace && !fs::exists(p.journal, ignored))
    for (const auto& path : {p.output, p.failures})
      if (has_something(path))
        refuse(fmt::format("{} exists, and is not of this job, which has no journal yet ({}): name another file, or "
                           "replace it with --force",
                           path, p.journal));
  for (const auto& path : {p.output, p.failures})
    if (!path.empty())
      check_output(path);
}

} // namespace weir::inline v0::cli
