#include "provider/base_paths.hpp"

#include <algorithm>

namespace weir::inline v0::provider {

namespace {

constexpr std::string_view chat_route = "/chat/completions";
constexpr std::string_view text_route = "/completions";

// Without the version at its beginning.
std::string_view below_version(std::string_view route) {
  const auto first = route.find('/', 1);
  return first != route.npos && ends_in_version(route.substr(0, first)) ? route.substr(first) : route;
}

} // namespace

bool ends_in_version(std::string_view path) {
  auto last = path.substr(path.rfind('/') + 1);
  if (!last.starts_with('v'))
    return false;
  last.remove_prefix(1);
  const auto digits = std::min(last.find_first_not_of("0123456789"), last.size());
  last.remove_prefix(digits);
  return digits != 0 && (last.empty() || last.starts_with("beta") || last.starts_with("alpha"));
}

bool ends_in_front(std::string_view path) {
  constexpr std::string_view front = "/openai";
  if (path.ends_with(front))
    return ends_in_version(path.substr(0, path.size() - front.size()));
  return path.substr(0, path.rfind('/')).ends_with("/openai/deployments");
}

bool names_api(std::string_view path) {
  return ends_in_version(path) || ends_in_front(path) || path.ends_with(text_route);
}

std::string completions_path(std::string path, task_kind what) {
  while (path.ends_with('/'))
    path.pop_back();
  const auto route = what == task_kind::chat ? chat_route : text_route;
  for (const auto named : {chat_route, text_route})
    if (path.ends_with(named))
      return path.substr(0, path.size() - named.size()) + std::string(route);
  return path + (ends_in_version(path) || ends_in_front(path) ? "" : "/v1") + std::string(route);
}

std::string own_path(std::string path, const std::string& own) {
  while (path.ends_with('/'))
    path.pop_back();
  if (path.ends_with(own))
    return path;
  for (auto cut = own.rfind('/'); cut != 0; cut = own.rfind('/', cut - 1))
    if (path.ends_with(std::string_view(own).substr(0, cut)))
      return path + own.substr(cut);
  return path + std::string(ends_in_version(path) ? below_version(own) : own);
}

bool begins_route(std::string_view path, std::string_view own) {
  for (auto cut = own.rfind('/'); cut != own.npos && cut != 0; cut = own.rfind('/', cut - 1))
    if (path.ends_with(own.substr(0, cut)))
      return true;
  return path.ends_with(own);
}

std::string_view below_base(std::string_view base, std::string_view route) {
  if (!ends_in_version(base))
    return route;
  for (auto cut = route.find('/', 1); cut != route.npos; cut = route.find('/', cut + 1))
    if (ends_in_version(route.substr(0, cut)) && base.ends_with(route.substr(0, cut)))
      return route.substr(cut);
  return below_version(route);
}

} // namespace weir::inline v0::provider
