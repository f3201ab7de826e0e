// The sections of a configuration file.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/client/config.hpp>
#include <weir/client/otlp.hpp>
#include <weir/policy/key_pool.hpp>
#include <weir/task/target.hpp>

#include "client/config/config_reader.hpp"
#include "client/config/named_key.hpp"

namespace weir::inline v0 {

/// What the sections of one file need to know besides its content.
class config_context {
public:
  config_context(const environment& get, std::string folder, options& o)
      : get(get), folder(std::move(folder)), settings(o) {}

  const environment& get;
  std::string folder;
  options& settings;
  /// Of the providers with several keys.
  key_pool pool;
  /// What the files say about keys.
  std::vector<named_key> keys;
  /// Where alerts go that are to be on stderr; empty: there.
  std::function<void(const alert&)> alert_line;
  /// Where telemetry goes, and the place that says so.
  std::optional<weir::otlp> otlp;
  std::string otlp_section;
  /// Whether the file is the user's own, or was named by the user.
  bool trusted = true;

  /// \throws weir::error unless the file is trusted: for what decides where prompts and keys go.
  void only_own(const config_value& v) const;
};

/// `id` if a provider, or a vendor of the options, has it; else `where` is refused.
std::string read_provider(std::string id, const config_value& where, const config_context& in);
/// An absolute http or https URL.
std::string read_url(const config_value& v);
/// Adds the key in an environment variable to the credentials, under the variable's name.
/// \returns the key; empty if the variable is not set.
secret read_key(const config_value& name, config_context& in);
/// A key whose variables are not set. \throws weir::error errc::missing_key from get(), with the key's problem.
key_source missing_key(const named_key& k);
/// The key in an environment variable that `where` names; empty if it is not set.
secret read_variable(const std::string& name, const config_value& where, config_context& in);
/// `"provider/model"`, or an object with provider, model, base_url and key.
target read_target(const config_value& v, config_context& in);
/// The same for an object that has more members: the caller looks those up, and calls finish().
target read_target(config_object& o, config_context& in);

void read_connection(config_object& root, config_context& in);
/// The providers that weir has no name for.
void read_vendors(const config_value& v, config_context& in);
/// How the server that base_url names wants its key, and its requests' queries.
std::string read_key_header(const config_value& v);
std::string read_key_scheme(const config_value& v);
std::vector<std::pair<std::string, std::string>> read_query(const config_value& v);
void read_keys(const config_value& v, config_context& in);

/// Reads the members of a settings class by its setters.
template <class S>
class config_section {
public:
  config_section(const config_value& v, S& into) : object_(v.object()), into_(into) {}

  template <class T>
  config_section& whole(std::string_view name, S& (S::*set)(T) &, std::uint64_t min = 0) {
    constexpr auto most =
        std::min<std::uint64_t>(std::numeric_limits<T>::max(), std::numeric_limits<std::int64_t>::max());
    return with(name, [&](const config_value& v) { (into_.*set)(static_cast<T>(v.whole(min, most))); });
  }
  config_section& number(std::string_view name, S& (S::*set)(double)&) {
    return with(name, [&](const config_value& v) { (into_.*set)(v.number()); });
  }
  config_section& flag(std::string_view name, S& (S::*set)(bool)&) {
    return with(name, [&](const config_value& v) { (into_.*set)(v.flag()); });
  }
  config_section& time(std::string_view name, S& (S::*set)(duration) &) {
    return with(name, [&](const config_value& v) { (into_.*set)(v.duration()); });
  }
  template <class F>
  config_section& with(std::string_view name, F&& use) {
    object_.on(name, std::forward<F>(use));
    return *this;
  }
  config_object& object() noexcept { return object_; }

  /// Refuses unknown members, and what the settings themselves refuse.
  void finish() {
    object_.finish();
    check(into_, object_.value());
  }
  static void check(const S& settings, const config_value& where) {
    try {
      settings.check(where.path());
    } catch (const error& e) {
      throw error(errc::invalid_configuration, where.file() + ": " + e.failure().message());
    }
  }

private:
  config_object object_;
  S& into_;
};

} // namespace weir::inline v0
