// Trace Context (W3C): the parent of a span as text. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::inline v0 {

class trace_parent {
public:
  trace_parent() = default;
  std::string trace_id; ///< 32 hexadecimal digits.
  std::string span_id;  ///< 16.
  bool sampled = true;
};

/// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`; empty for a text that is none. Later versions may have
/// more at the end.
std::optional<trace_parent> parse_traceparent(std::string_view text);

} // namespace weir::inline v0
