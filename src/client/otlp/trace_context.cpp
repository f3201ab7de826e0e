#include "client/otlp/trace_context.hpp"

#include <algorithm>

#include "core/ascii.hpp"

namespace weir::inline v0 {

namespace {

// Capital letters are not allowed.
bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) { return is_hex(text) && text.find_first_not_of('0') != text.npos; }

} // namespace

std::optional<trace_parent> parse_traceparent(std::string_view text) {
  constexpr std::size_t size = 55;
  if (text.size() < size || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return std::nullopt;
  const auto version = text.substr(0, 2), trace = text.substr(3, 32), span = text.substr(36, 16),
             flags = text.substr(53, 2);
  if (!is_hex(version) || version == "ff" || !is_id(trace) || !is_id(span) || !is_hex(flags))
    return std::nullopt;
  if (text.size() > size && (version == "00" || text[size] != '-'))
    return std::nullopt;
  trace_parent p;
  p.trace_id = trace;
  p.span_id = span;
  p.sampled = (hex_value(flags[1]) & 1) != 0;
  return p;
}

} // namespace weir::inline v0
