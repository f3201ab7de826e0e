#include "provider/paths.hpp"

#include <weir/core/error.hpp>

namespace weir::inline v0::provider {

namespace {

constexpr std::size_t max_name = 512;

bool unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~' || c == '/';
}

} // namespace

std::string path_of_model(std::string_view name) {
  if (name.empty() || name.size() > max_name)
    throw error(errc::invalid_argument, "a model's name has 1 to 512 characters");
  for (std::string_view rest = name;;) {
    const auto segment = rest.substr(0, rest.find('/'));
    if (segment.empty() || segment == "." || segment == "..")
      throw error(errc::invalid_argument, "this is not a model's name: a part of it is empty, \".\" or \"..\"");
    if (segment.size() == rest.size())
      break;
    rest.remove_prefix(segment.size() + 1);
  }
  std::string path;
  path.reserve(name.size());
  for (const char c : name) {
    if (unreserved(c)) {
      path += c;
      continue;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    path += '%';
    path += digits[byte >> 4];
    path += digits[byte & 15];
  }
  return path;
}

std::string fill_model(std::string_view path, std::string_view model) {
  constexpr std::string_view mark = "{model}";
  const auto at = path.find(mark);
  if (at == std::string_view::npos)
    return std::string(path);
  // Gemini's names may say themselves which collection they are in.
  constexpr std::string_view collection = "models/", tuned = "tunedModels/";
  const bool named =
      model.starts_with(tuned) && path.substr(0, at).ends_with(collection) && path.substr(at).starts_with("{model}:");
  std::string filled(path.substr(0, named ? at - collection.size() : at));
  filled += path_of_model(model);
  filled += path.substr(at + mark.size());
  return filled;
}

} // namespace weir::inline v0::provider
