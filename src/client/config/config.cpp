#include <weir/client/config.hpp>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "client/config/config_cost.hpp"
#include "client/config/config_otlp.hpp"
#include "client/config/config_policies.hpp"
#include "client/config/named_key.hpp"

namespace weir::inline v0 {

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

// A file that was found, and not named by the user, is not waited for: it may be a FIFO that nobody writes to.
std::string read_whole(const std::string& path, bool named) {
  std::error_code ec;
  const auto kind = fs::status(path, ec).type();
  if (kind == fs::file_type::not_found)
    refuse_file(path, "there is no such file");
  if (kind == fs::file_type::directory)
    refuse_file(path, "is a folder, not a file");
  if (!named && kind != fs::file_type::regular && kind != fs::file_type::unknown)
    refuse_file(path, "is not a regular file");
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

constexpr const char* here = "weir.json";

// The XDG base directory specification: a relative path there is invalid and ignored.
std::string own_file(const environment& get) {
  fs::path folder(variable(get, "XDG_CONFIG_HOME"));
  if (!folder.is_absolute()) {
    const auto home = variable(get, "HOME");
    if (home.empty())
      return {};
    folder = fs::path(home) / ".config";
  }
  return (folder / "weir" / here).string();
}

void read_document(config_object root, config_context& in) {
  root.on("$schema", [](const config_value& v) { (void)v.text(); });
  read_connection(root, in);
  root.on("keys", [&](const config_value& v) { read_keys(v, in); }).on("otlp", [&](const config_value& v) {
    read_otlp(v, in);
  });
  read_policies(root, in);
  root.finish();
}

std::string folder_of(const std::string& path) { return fs::path(path).parent_path().string(); }

loaded_options load_text(std::string_view text, std::string_view name, const environment& get,
                         const std::string& folder, const std::function<void(const alert&)>& alert_line) {
  const config_document document(text, std::string(name));
  loaded_options all;
  all.settings.credentials(credentials::from_environment(get));
  config_context in(get, folder, all.settings);
  in.alert_line = alert_line;
  read_document(document.root(), in);
  all.keys = std::move(in.keys);
  connect_cost(all.settings);
  connect_otlp(in);
  return all;
}

} // namespace

std::vector<std::string> find_configs(const environment& given) {
  std::error_code ec;
  std::vector<std::string> found;
  const auto own = own_file(or_process(given));
  if (!own.empty() && fs::exists(own, ec))
    found.push_back(own);
  if (fs::exists(here, ec) && (found.empty() || !fs::equivalent(here, own, ec)))
    found.emplace_back(here);
  return found;
}

options options_from_json(std::string_view text, std::string_view name, const environment& given,
                          const std::string& folder) {
  return load_text(text, name, or_process(given), folder, {}).settings;
}

options options_from_file(const std::string& path, const environment& get) { return load_options(path, get); }

options load_options(const std::optional<std::string>& path, const environment& get) {
  return load_with_keys(path, get).settings;
}

loaded_options load_with_keys(const std::optional<std::string>& path, const environment& given,
                              const std::function<void(const alert&)>& alert_line) {
  const auto get = or_process(given);
  if (path)
    return load_text(read_whole(*path, true), *path, get, folder_of(*path), alert_line);
  loaded_options all;
  all.settings.credentials(credentials::from_environment(get));
  std::deque<config_document> documents;
  for (const auto& file : find_configs(get))
    documents.emplace_back(read_whole(file, false), file);
  config_context in(get, {}, all.settings);
  in.alert_line = alert_line;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    auto root = documents[i].root();
    if (i + 1 < documents.size())
      root.leave_out(documents[i + 1].root());
    in.folder = folder_of(documents[i].file());
    in.trusted = documents[i].file() != here;
    read_document(std::move(root), in);
  }
  all.keys = std::move(in.keys);
  connect_cost(all.settings);
  connect_otlp(in);
  return all;
}

} // namespace weir::inline v0
