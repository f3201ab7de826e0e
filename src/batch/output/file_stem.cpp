// The names of results' files.
#include <algorithm>
#include <cstdio>

#include "batch/output/result_files.hpp"
#include "core/stable_hash.hpp"
#include "task/media_endings.hpp"

namespace weir::inline v0 {

namespace {

// File systems take 255 bytes; there is an ending to come.
constexpr std::size_t longest_name = 180;
constexpr std::size_t longest_stem = 1000;

bool is_plain(char c) noexcept {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

// The digits after the colon of a place.
std::string_view line_number(std::string_view id) noexcept {
  const auto colon = id.rfind(':');
  if (colon == id.npos || colon + 1 == id.size() || id[colon + 1] == '0')
    return {};
  const auto digits = id.substr(colon + 1);
  return std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }) ? digits
                                                                                                : std::string_view();
}

// A folder must not be called as another item's file is: `a.png/b` has no place beside `a`.
bool end_as_folder(std::string& stem, std::size_t begin) {
  const auto dot = stem.rfind('.');
  if (dot == stem.npos || dot < begin || !is_file_extension(std::string_view(stem).substr(dot + 1)))
    return true;
  stem[dot] = '_';
  return false;
}

// One part of the path. Whether it is the name as it was.
bool append_name(std::string& to, std::string_view name) {
  bool same = !name.empty() && name.size() <= longest_name;
  if (name.size() > longest_name) {
    auto end = longest_name;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80)
      --end;
    name = name.substr(0, end);
  }
  const auto begin = to.size();
  for (const char c : name) {
    same = same && is_plain(c);
    to += is_plain(c) ? c : '_';
  }
  if (name.empty())
    to += '_';
  // A hidden file, or the folder above.
  if (to[begin] == '.') {
    to[begin] = '_';
    same = false;
  }
  return same;
}

} // namespace

std::string file_stem(std::string_view id) {
  const auto digits = line_number(id);
  auto rest = digits.empty() ? id : id.substr(0, id.size() - digits.size() - 1);
  std::string stem;
  bool same = true;
  for (;;) {
    const auto slash = rest.find('/');
    const auto begin = stem.size();
    same = append_name(stem, rest.substr(0, slash)) && same;
    if (slash == rest.npos)
      break;
    same = end_as_folder(stem, begin) && same;
    stem += '/';
    rest.remove_prefix(slash + 1);
  }
  // No plain name has a tilde, so that nothing else is called so.
  if (!digits.empty())
    stem += '~' + std::string(digits.substr(0, 20));
  // Nor has the system endless paths.
  if (stem.size() > longest_stem) {
    stem.resize(longest_name);
    std::replace_if(
        stem.begin(), stem.end(), [](char c) { return c == '/' || static_cast<unsigned char>(c) >= 0x80; }, '_');
    same = false;
  }
  if (!same || digits.size() > 20) {
    char hash[24];
    std::snprintf(hash, sizeof hash, "~x%016llx", static_cast<unsigned long long>(stable_hash(id)));
    stem += hash;
  }
  return stem;
}

} // namespace weir::inline v0
