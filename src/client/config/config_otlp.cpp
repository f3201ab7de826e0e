#include "client/config/config_otlp.hpp"

#include <filesystem>

#include "client/keys/key_text.hpp"
#include "client/otlp/otlp_environment.hpp"
#include "http/message/grammar.hpp"
#include "http/message/types.hpp"

namespace weir::inline v0 {

namespace {

// A text, or {"env": "NAME"} for what no file should hold.
void read_header(const std::string& name, const config_value& v, const config_context& in, otlp& into) {
  if (!http::is_token(name))
    v.refuse("is not a header name");
  if (v.is_object()) {
    auto o = v.object();
    std::string variable;
    o.on("env", [&](const config_value& n) { variable = n.text(); });
    o.finish();
    const char* value = variable.empty() ? nullptr : in.get(variable.c_str());
    if (!value || !*value)
      v.refuse(variable.empty() ? "needs \"env\", the name of a variable"
                                : "the variable " + variable + " is not set: set it to the header's value");
    into.header(name, value);
    return;
  }
  if (http::names_key(name))
    v.refuse("keys are never in a file: name the variable that holds it, {\"env\": \"NAME\"}");
  if (!http::is_value(v.text()))
    v.refuse("must be a text without control characters");
  into.header(name, v.text());
}

std::string endpoint_of(const config_value& v) {
  if (v.is_text())
    return read_url(v);
  std::string endpoint;
  if (v.is_object())
    v.object().on("endpoint", [&](const config_value& e) { endpoint = read_url(e); });
  return endpoint;
}

} // namespace

void read_otlp(const config_value& v, config_context& in) {
  in.only_own(v);
  in.otlp_section = v.file() + ": " + v.path();
  if (!v.is_text() && !v.is_object()) {
    if (!v.flag())
      return;
  }
  try {
    in.otlp = otlp_to(endpoint_of(v), in.get);
  } catch (const error& e) {
    if (e.code() == errc::invalid_configuration && e.failure().message().starts_with("OTEL_"))
      v.refuse(e.failure().message());
    throw;
  }
  if (!v.is_object())
    return;
  auto& to = *in.otlp;
  auto o = v.object();
  o.on("endpoint", [](const config_value&) {})
      .on("headers",
          [&](const config_value& all) {
            for (const auto& [name, value] : all.object().members())
              read_header(name, value, in, to);
          })
      .on("service_name", [&](const config_value& n) { to.service_name(n.text()); })
      .on("attributes",
          [&](const config_value& all) {
            for (const auto& [name, value] : all.object().members())
              to.attribute(name, value.text());
          })
      .on("traces", [&](const config_value& b) { to.traces(b.flag()); })
      .on("metrics", [&](const config_value& b) { to.metrics(b.flag()); })
      .on("interval", [&](const config_value& t) { to.interval(t.duration()); })
      .on("deadline", [&](const config_value& t) { to.deadline(t.duration()); })
      .on("grace", [&](const config_value& t) { to.grace(t.duration()); })
      .on("ca_file",
          [&](const config_value& f) { to.ca_file((std::filesystem::path(in.folder) / f.text()).string()); });
  o.finish();
}

void connect_otlp(config_context& in) {
  if (!in.otlp)
    return;
  try {
    in.settings.observe(otlp_exporter::make(*in.otlp));
  } catch (const error& e) {
    throw error(errc::invalid_configuration, in.otlp_section + ": " + e.failure().message());
  }
}

} // namespace weir::inline v0
