// Events that are not one JSON object: markers, plain text, joined objects, fragments.
#include <algorithm>

#include "codec/json/json_pieces.hpp"
#include "core/ascii.hpp"
#include "provider/chat/dialect_decode.hpp"
#include "provider/response/in_band_error.hpp"

namespace weir::inline v0::provider {

namespace {

// `[1]` and not `[START]`.
bool may_be_json(std::string_view text) noexcept {
  if (!text.starts_with('['))
    return text.starts_with('{');
  const auto first = text.find_first_not_of(" \t\r\n", 1);
  return first == text.npos || std::string_view("{[\"]-0123456789ntf").find(text[first]) != text.npos;
}

} // namespace

// Anything that is not a JSON object. A broken one may have been part of the answer; one that cannot have been is
// harmless.
void object_decoder::on_odd_event(const codec::sse_event& frame, std::vector<event>& out) {
  const auto text = trimmed(frame.data);
  const bool wrong = is_alarm(frame.type);
  if (!wrong && (whole() || read_lines(frame, out) || read_objects(text, out)))
    return;
  const bool broken = may_be_json(text);
  const bool marks = text.starts_with('[') && text.ends_with(']'); // `[START]`
  if (!wrong && (is_keep_alive(text) || (!broken && (marks || !is_own(frame.type)) && !sounds_wrong(text)))) {
    remark("skipped events that are not JSON");
    return;
  }
  if (wrong || (!broken && sounds_wrong(text))) {
    remote_error e;
    e.message = text.empty() ? std::string_view("an error event without a message") : text.substr(0, excerpt_size);
    fail(std::move(e));
    return;
  }
  fail(errc::malformed_event, "an event of the stream is not a JSON object");
  failed_.remote(sanitize(text, excerpt_size));
}

// Events that a server did not separate by blank lines: each line of the data is one.
bool object_decoder::read_lines(const codec::sse_event& frame, std::vector<event>& out) {
  const auto end = frame.data.find('\n');
  if (end == frame.data.npos)
    return false;
  error_code ec;
  if (!codec::parse_answer(trimmed(frame.data.substr(0, end)), ec).is_object())
    return false;
  const std::string all(frame.data); // the buffer they came from may be overwritten meanwhile
  codec::sse_event line;
  for (std::string_view rest = all; !rest.empty() && !done_;) {
    const auto n = std::min(rest.find('\n'), rest.size());
    line.data = rest.substr(0, n);
    on_event(line, out);
    rest.remove_prefix(std::min(n + 1, rest.size()));
  }
  return true;
}

// Events that a gateway has joined, or prefixed twice (`data: data: {…}`).
bool object_decoder::read_objects(std::string_view text, std::vector<event>& out) {
  constexpr std::string_view field = "data:";
  const bool named_twice = text.starts_with(field);
  while (text.starts_with(field))
    text = trimmed(text.substr(field.size()));
  const bool several = codec::is_row_of_objects(text);
  if (!several && !named_twice)
    return false;
  const std::string all(text); // the buffer they came from may be overwritten meanwhile
  codec::sse_event one;
  one.data = all;
  if (!several)
    on_event(one, out);
  for (std::string_view rest = all; several && !done_ && !(one.data = codec::take_object(rest)).empty();)
    on_event(one, out);
  return true;
}

bool object_decoder::is_own(std::string_view type) const noexcept {
  return type.empty() || type == "message" || type == "data" || type == "delta" || type == "chunk" ||
         type == "completion" || type == "token";
}

} // namespace weir::inline v0::provider
