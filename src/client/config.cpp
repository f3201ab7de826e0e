#include <weir/client/config.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "client/config_policies.hpp"

namespace weir {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_file_size = 1u << 20;

environment or_process(const environment& given) {
  return given ? given : [](const char* name) -> const char* { return std::getenv(name); };
}

std::string variable(const environment& get, const char* name) {
  const char* v = get(name);
  return v ? v : "";
}

[[noreturn]] void refuse_file(const std::string& path, const std::string& why) {
  throw error(errc::invalid_configuration, path + ": " + why);
}

std::string read_whole(const std::string& path) {
  std::error_code ec;
  const auto kind = fs::status(path, ec).type();
  if (kind == fs::file_type::not_found)
    refuse_file(path, "there is no such file");
  if (kind == fs::file_type::directory)
    refuse_file(path, "is a folder, not a file");
  std::ifstream in(path, std::ios::binary);
  if (!in)
    refuse_file(path, "cannot be read");
  std::string text(max_file_size + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad())
    refuse_file(path, "cannot be read");
  if (text.size() > max_file_size)
    refuse_file(path, "is larger than 1 MiB");
  if (text.starts_with("\xEF\xBB\xBF"))
    text.erase(0, 3);
  return text;
}

} // namespace

std::optional<std::string> find_config(const environment& given) {
  const auto get = or_process(given);
  std::error_code ec;
  if (fs::exists("weir.json", ec))
    return "weir.json";
  // The XDG base directory specification: a relative path there is invalid and ignored.
  fs::path folder(variable(get, "XDG_CONFIG_HOME"));
  if (!folder.is_absolute()) {
    const auto home = variable(get, "HOME");
    if (home.empty())
      return std::nullopt;
    folder = fs::path(home) / ".config";
  }
  const auto path = folder / "weir" / "weir.json";
  if (fs::exists(path, ec))
    return path.string();
  return std::nullopt;
}

options options_from_json(std::string_view text, std::string_view name, const environment& given,
                          const std::string& folder) {
  const auto get = or_process(given);
  const config_document document(text, std::string(name));
  auto root = document.root();
  options o;
  o.credentials(credentials::from_environment(get));
  root.on("$schema", [](const config_value& v) { (void)v.text(); });
  config_context in(get, folder, o);
  read_connection(root, in);
  root.on("keys", [&](const config_value& v) { read_keys(v, in); });
  read_policies(root, in);
  root.finish();
  return o;
}

options options_from_file(const std::string& path, const environment& get) {
  return options_from_json(read_whole(path), path, get, fs::path(path).parent_path().string());
}

options load_options(const std::optional<std::string>& path, const environment& given) {
  const auto get = or_process(given);
  const auto found = path ? path : find_config(get);
  return found ? options_from_file(*found, get) : options().credentials(credentials::from_environment(get));
}

} // namespace weir
