// OTLP in JSON (opentelemetry-proto, "JSON Protobuf Encoding"): ids in hexadecimal, 64-bit integers as text. Pure.
#pragma once

#include <weir/core/random.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/policy/observe/call_record.hpp>

#include "client/otlp/trace_context.hpp"
#include "policy/observe/metric_family.hpp"

namespace weir::inline v0 {

/// A call as it was when it ended: a copy that nothing writes to any more.
class ended_call {
public:
  /// What no span tells (headers, bodies) is left out.
  explicit ended_call(const call_record& call);
  std::size_t spans() const noexcept { return 1 + record.attempts.size(); }
  call_record record;
  std::optional<trace_parent> parent;
};

/// The name of the tag that holds a call's parent.
inline constexpr std::string_view traceparent_tag = "traceparent";

/// What telemetry is of.
class otlp_resource {
public:
  otlp_resource() = default;
  std::string service_name;
  std::vector<std::pair<std::string, std::string>> attributes;
};

/// An ExportTraceServiceRequest. Ids come from `random`.
std::string traces_json(const otlp_resource& of, const std::vector<ended_call>& calls, random_source& random);

/// An ExportMetricsServiceRequest of cumulative points.
std::string metrics_json(const otlp_resource& of, const std::vector<metric_family>& families,
                         std::chrono::system_clock::time_point since, std::chrono::system_clock::time_point now);

/// How many spans a response to the former says were rejected; 0 if it does not say.
std::uint64_t rejected_spans(std::string_view answer);

} // namespace weir::inline v0
