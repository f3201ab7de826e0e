// The small pieces that traces and metrics share.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <weir/policy/observe/observe.hpp>

#include "client/otlp/otlp_json.hpp"
#include "codec/json/json.hpp"

namespace weir::inline v0 {

/// A 64-bit integer as protobuf's JSON writes it.
inline std::string int64_text(std::int64_t n) { return std::to_string(n); }
inline std::string int64_text(std::uint64_t n) { return std::to_string(n); }
/// Nanoseconds since 1970.
std::string nanoseconds_text(std::chrono::system_clock::time_point t);

/// A KeyValue.
codec::json::object key_value(std::string_view name, std::string_view text);
codec::json::object key_value(const attribute& a);

/// A Resource.
codec::json::object resource_json(const otlp_resource& r);
/// The InstrumentationScope that is weir.
codec::json::object scope_json();

} // namespace weir::inline v0
