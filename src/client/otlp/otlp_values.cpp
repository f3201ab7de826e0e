#include "client/otlp/otlp_values.hpp"

#include <weir/version.hpp>

namespace weir::inline v0 {

namespace json = codec::json;

namespace {

json::object any_value(const attribute::value_type& v) {
  json::object o;
  if (const auto* b = std::get_if<bool>(&v))
    o["boolValue"] = *b;
  else if (const auto* i = std::get_if<std::int64_t>(&v))
    o["intValue"] = int64_text(*i);
  else if (const auto* d = std::get_if<double>(&v))
    o["doubleValue"] = *d;
  else if (const auto* s = std::get_if<std::string>(&v))
    o["stringValue"] = *s;
  else {
    json::array all;
    for (const auto& one : std::get<std::vector<std::string>>(v))
      all.push_back(any_value(one));
    o["arrayValue"].emplace_object()["values"] = std::move(all);
  }
  return o;
}

json::object named(std::string_view name, json::object value) {
  json::object o;
  o["key"] = name;
  o["value"] = std::move(value);
  return o;
}

} // namespace

std::string nanoseconds_text(std::chrono::system_clock::time_point t) {
  const auto n = std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
  return int64_text(std::int64_t{n < 0 ? 0 : n});
}

json::object key_value(std::string_view name, std::string_view text) {
  return named(name, any_value(std::string(text)));
}

json::object key_value(const attribute& a) { return named(a.name(), any_value(a.value())); }

json::object resource_json(const otlp_resource& r) {
  json::array all;
  const auto own = [&r](std::string_view name) {
    for (const auto& [n, value] : r.attributes)
      if (n == name)
        return true;
    return false;
  };
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!own(name))
      all.push_back(key_value(name, value));
  };
  if (!r.service_name.empty())
    all.push_back(key_value("service.name", r.service_name));
  else
    add("service.name", "unknown_service");
  add("telemetry.sdk.name", "weir");
  add("telemetry.sdk.language", "cpp");
  add("telemetry.sdk.version", version);
  for (const auto& [name, value] : r.attributes)
    if (name != "service.name" || r.service_name.empty())
      all.push_back(key_value(name, value));
  json::object o;
  o["attributes"] = std::move(all);
  return o;
}

json::object scope_json() {
  json::object o;
  o["name"] = "weir";
  o["version"] = version;
  return o;
}

} // namespace weir::inline v0
