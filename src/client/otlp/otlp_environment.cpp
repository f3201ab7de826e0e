#include "client/otlp/otlp_environment.hpp"

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <weir/core/error.hpp>

#include "core/ascii.hpp"

namespace weir::inline v0 {

namespace {

// Empty for a `%` that two digits do not follow.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0)
      return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// `name=value,name=value`, as in W3C Baggage; the values percent-encoded.
template <class F>
void each_pair(std::string_view list, const char* variable, F add) {
  while (!list.empty()) {
    const auto end = list.find(',');
    const auto one = trimmed(list.substr(0, end));
    list.remove_prefix(end == list.npos ? list.size() : end + 1);
    if (one.empty())
      continue;
    const auto equals = one.find('=');
    const auto name = trimmed(one.substr(0, equals));
    const auto value = equals == one.npos ? std::nullopt : percent_decoded(trimmed(one.substr(equals + 1)));
    if (name.empty() || !value)
      throw error(errc::invalid_configuration,
                  std::string(variable) +
                      ": is not a list of name=value, separated by commas, with %XX for other bytes");
    add(std::string(name), *value);
  }
}

std::string without_slashes(std::string url) { return url.substr(0, url.find_last_not_of('/') + 1); }

} // namespace

otlp otlp::from_environment(const std::function<const char*(const char*)>& get) { return otlp_to({}, get); }

otlp otlp_to(const std::string& endpoint, const std::function<const char*(const char*)>& get) {
  const auto read = [&get](const char* name) {
    const char* value = get ? get(name) : std::getenv(name);
    return std::string(value ? value : "");
  };
  otlp o;
  const auto usual = read("OTEL_EXPORTER_OTLP_ENDPOINT");
  o.endpoint(endpoint.empty() ? usual : endpoint);
  if (usual.empty() || without_slashes(usual) == without_slashes(o.endpoint()))
    each_pair(read("OTEL_EXPORTER_OTLP_HEADERS"), "OTEL_EXPORTER_OTLP_HEADERS",
              [&o](std::string name, std::string value) { o.header(std::move(name), std::move(value)); });
  each_pair(read("OTEL_RESOURCE_ATTRIBUTES"), "OTEL_RESOURCE_ATTRIBUTES",
            [&o](std::string name, std::string value) { o.attribute(std::move(name), std::move(value)); });
  o.service_name(read("OTEL_SERVICE_NAME"));
  return o;
}

} // namespace weir::inline v0
