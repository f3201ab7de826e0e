#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <weir/client/options.hpp>
#include <weir/core/error.hpp>

#include "client/keys/key_text.hpp"
#include "provider/dialect.hpp"
#include "provider/vendors.hpp"

namespace weir::inline v0 {

namespace {

using getter = std::function<const char*(const char*)>;

std::string text(const getter& get, const char* name) {
  const char* v = get(name);
  return v ? std::string(v) : std::string();
}

secret read_variable(const getter& get, const std::string& name) {
  const char* v = get(name.c_str());
  return v ? key_from(v, name) : secret();
}

// Nothing where there is no such file. One that was not named is not waited for, as a FIFO would be.
secret read_file(const std::string& path, bool named) {
  std::error_code ec;
  if (!named && !std::filesystem::is_regular_file(path, ec))
    return {};
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return {};
  std::string content(20u << 10, '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  const auto size = static_cast<std::size_t>(in.gcount());
  try {
    auto key = key_from(std::string_view(content).substr(0, size), path);
    cleanse(content.data(), content.size());
    return key;
  } catch (...) {
    cleanse(content.data(), content.size());
    throw;
  }
}

std::string token_file(const getter& get) {
  if (auto path = text(get, "HF_TOKEN_PATH"); !path.empty())
    return path;
  if (auto home = text(get, "HF_HOME"); !home.empty())
    return home + "/token";
  if (auto cache = text(get, "XDG_CACHE_HOME"); !cache.empty())
    return cache + "/huggingface/token";
  if (auto home = text(get, "HOME"); !home.empty())
    return home + "/.cache/huggingface/token";
  return {};
}

} // namespace

credentials credentials::from_environment(const getter& given) {
  const getter get = given ? given : [](const char* name) -> const char* { return std::getenv(name); };
  credentials c;
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"})
    if (c.hugging_face_.empty())
      c.hugging_face_ = read_variable(get, name);
  if (c.hugging_face_.empty() && text(get, "HF_HUB_DISABLE_IMPLICIT_TOKEN").empty())
    if (const auto path = token_file(get); !path.empty())
      c.hugging_face_ = read_file(path, !text(get, "HF_TOKEN_PATH").empty());
  for (const auto& vendor : provider::all_vendors())
    for (const auto& name : provider::key_variables(vendor.id)) {
      if (auto key = read_variable(get, name)) {
        c.vendors_[std::string(vendor.id)] = std::move(key);
        break;
      }
    }
  return c;
}

credentials& credentials::named_from_environment(const std::vector<std::string>& variables, const getter& given) & {
  const getter get = given ? given : [](const char* name) -> const char* { return std::getenv(name); };
  for (const auto& name : variables)
    if (auto key = read_variable(get, name))
      named_[name] = std::move(key);
  return *this;
}

const key_source& credentials::vendor(std::string_view id) const noexcept {
  static const key_source none;
  const auto it = vendors_.find(id);
  return it == vendors_.end() ? none : it->second;
}

const key_source& credentials::named(std::string_view name) const {
  const auto it = named_.find(name);
  if (it == named_.end())
    throw error(errc::missing_key, "there is no key named \"" + std::string(name) +
                                       "\": set the environment variable of that name, or add it to the credentials");
  return it->second;
}

std::vector<std::string> credentials::vendors() const {
  std::vector<std::string> ids;
  for (const auto& [id, key] : vendors_)
    ids.push_back(id);
  return ids;
}

options from_environment() { return options().credentials(credentials::from_environment()); }

} // namespace weir::inline v0
