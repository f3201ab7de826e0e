// Sends a trace and metrics of each call to an OpenTelemetry collector: set OTEL_EXPORTER_OTLP_ENDPOINT, or have one
// at http://localhost:4318. Calls go on without one, too.
#include <weir/weir.hpp>

#include <iostream>

int main(int argc, char** argv) try {
  auto otlp = weir::otlp_exporter::make(weir::otlp::from_environment().service_name("example"));
  auto options = weir::from_environment().observe(otlp);
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::blocking_client client(options);
  auto ask = weir::chat("openai/gpt-oss-120b").user("Why is the sky blue?");
  std::cout << client.chat(ask.options(weir::call_options().tag("team", "search"))).text() << '\n';

  otlp->flush(std::chrono::seconds(20));
  const auto told = otlp->stats();
  std::cout << told.spans_sent << " spans sent, " << told.spans_dropped << " dropped " << told.last_error << '\n';
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
