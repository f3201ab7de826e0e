// Where telemetry goes, in weir.json and in OpenTelemetry's variables.
#include "client/config/config_otlp.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "client/config/config_support.hpp"
#include "client/otlp/otlp_environment.hpp"

using namespace std::chrono_literals;
using namespace weir;

namespace {

using header_list = std::vector<std::pair<std::string, std::string>>;

otlp read(const std::string& text) {
  return test::section("otlp", text, [](const config_value& v, config_context& in) {
    read_otlp(v, in);
    return in.otlp.value();
  });
}

std::string refused(const std::string& text) {
  return test::refused("otlp", text, [](const config_value& v, config_context& in) {
    read_otlp(v, in);
    connect_otlp(in);
    return 0;
  });
}

const char* standard(const char* name) {
  const std::string_view n(name);
  if (n == "OTEL_EXPORTER_OTLP_ENDPOINT")
    return "https://usual.example:4318/";
  if (n == "OTEL_EXPORTER_OTLP_HEADERS")
    return "api-key=variable-secret";
  return n == "OTEL_SERVICE_NAME" ? "shop" : nullptr;
}

std::size_t exporters(const options& o) {
  return static_cast<std::size_t>(std::count_if(o.observers().begin(), o.observers().end(), [](const auto& one) {
    return std::dynamic_pointer_cast<otlp_exporter>(one) != nullptr;
  }));
}

} // namespace

TEST_CASE("where telemetry goes can be set in the file") {
  const auto all = read(R"({"endpoint": "https://c.example:4318", "headers": {"authorization": {"env": "GROQ_B"},
    "x-team": "search"}, "service_name": "api", "attributes": {"deployment.environment.name": "test"},
    "traces": true, "metrics": false, "interval": "30s", "deadline": "5s", "grace": "1s", "ca_file": "/ca.pem"})");
  CHECK(all.endpoint() == "https://c.example:4318");
  CHECK(all.headers() == header_list{{"authorization", "gsk_b-12345"}, {"x-team", "search"}});
  CHECK(all.service_name() == "api");
  CHECK(all.attributes() == header_list{{"deployment.environment.name", "test"}});
  CHECK(all.traces());
  CHECK_FALSE(all.metrics());
  CHECK(all.interval() == 30s);
  CHECK(all.deadline() == 5s);
  CHECK(all.grace() == 1s);
  CHECK(all.ca_file() == "/ca.pem");
  CHECK(read("\"http://127.0.0.1:4318\"").endpoint() == "http://127.0.0.1:4318");
  CHECK(read("true").endpoint().empty());
}

TEST_CASE("the section makes an exporter, and without it, or with false, there is none") {
  CHECK(exporters(options_from_json(R"({"otlp": "http://127.0.0.1:9"})", "weir.json", standard)) == 1);
  CHECK(exporters(options_from_json(R"({"otlp": true})", "weir.json", standard)) == 1);
  CHECK(exporters(options_from_json(R"({"otlp": false})", "weir.json", standard)) == 0);
  CHECK(exporters(options_from_json("{}", "weir.json", standard)) == 0);
}

TEST_CASE("OpenTelemetry's variables fill in what is not said, but a key goes to its own endpoint only") {
  CHECK(otlp_to("", standard).endpoint() == "https://usual.example:4318/");
  CHECK(otlp_to("", standard).headers() == header_list{{"api-key", "variable-secret"}});
  CHECK(otlp_to("https://usual.example:4318", standard).headers().size() == 1);
  const auto other = otlp_to("https://other.example", standard);
  CHECK(other.endpoint() == "https://other.example");
  CHECK(other.headers().empty());
  CHECK(other.service_name() == "shop");
}

TEST_CASE("a section that cannot work is refused with its path, and no key stands in a file") {
  CHECK(refused("3") == "weir.json: otlp: must be true or false, not 3");
  CHECK(refused(R"({"endpiont": "http://a"})").find("otlp.endpiont") != std::string::npos);
  CHECK(refused(R"({"endpoint": "collector"})").starts_with("weir.json: otlp.endpoint: "));
  CHECK(refused(R"({"headers": {"authorization": "Bearer x"}})").find("{\"env\": \"NAME\"}") != std::string::npos);
  CHECK(refused(R"({"headers": {"api-key": {"env": "UNSET"}}})") ==
        "weir.json: otlp.headers.api-key: the variable UNSET is not set: set it to the header's value");
  CHECK(refused(R"({"headers": {"api-key": {}}})").find("needs \"env\"") != std::string::npos);
  CHECK(refused(R"({"interval": "0s"})").starts_with("weir.json: otlp: "));
  CHECK(refused(R"({"endpoint": "http://c.example", "headers": {"api-key": {"env": "GROQ_B"}}})")
            .starts_with("weir.json: otlp: "));
}

TEST_CASE("the file of a working directory does not say where telemetry goes") {
  const auto why = test::refused("otlp", "true", [](const config_value& v, config_context& in) {
    in.trusted = false;
    read_otlp(v, in);
    return 0;
  });
  CHECK(why.find("working directory") != std::string::npos);
}

TEST_CASE("an exporter that was told nothing does not hold up the end of a program") {
  const auto begun = std::chrono::steady_clock::now();
  {
    const auto exporter = otlp_exporter::make(otlp().endpoint("http://127.0.0.1:9").grace(20s));
  }
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
}
