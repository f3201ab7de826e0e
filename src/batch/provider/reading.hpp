// What the dialects share to read responses and to write requests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "batch/provider/dialect.hpp"
#include "codec/json/json.hpp"

namespace weir::inline v0::vendor_batch {

namespace json = codec::json;

/// A response that must be an object. An object that is an error (`{"error":…}` under status 200) is one.
/// \throws weir::error errc::malformed_response; errc::not_found where the error says so.
json::value read_object(std::string_view body, std::string_view what);

/// A string, or a number as text; empty if there is neither.
std::string text_at(const json::value& v, std::string_view key);
/// A count, also as a text, as Google and Fireworks write 64 bits.
std::optional<std::uint64_t> count_at(const json::value& v, std::string_view key);
/// A time in unix seconds, from a number or RFC 3339; 0 if there is neither.
std::int64_t time_at(const json::value& v, std::string_view key);
/// A text of the server's, made safe to show.
std::string words_at(const json::value& v, std::string_view key);

/// Which state a provider's word is, whatever its case and prefix: `BATCH_STATE_SUCCEEDED`, `TIMEOUT_EXCEEDED`.
/// running for an unknown one.
batch_state read_state(std::string_view word);

/// A file as a form (RFC 7578) that begins with `fields`.
void put_form(http::request& r, std::initializer_list<std::pair<std::string_view, std::string_view>> fields,
              std::string_view file_name, const submission& s);

/// A line of OpenAI's shape: `{"custom_id",…,"response":{"status_code","body"},"error"}`.
line_result read_openai_line(const provider::route& to, std::string_view line);
/// The failure of a line's own error object, with a status where one is told.
failure line_failure(const provider::route& to, int status, const json::value& error);
/// Whether a code says that a batch ended before the line's turn.
bool is_not_run(std::string_view code) noexcept;

/// A batch object of OpenAI's shape.
batch_view read_openai_batch(const json::value& v);
/// A list of `data`, or a bare array, of such objects; `next` is the last id while there is more.
batch_page read_openai_page(const response& r, batch_view (*read)(const json::value&));

/// A text in a query: everything but unreserved characters percent-encoded.
std::string escaped(std::string_view text);
/// An identifier of the server's in a path. \throws weir::error errc::malformed_response for one with other characters
/// than letters, digits and `-_.:/`, or one that would leave its place.
const std::string& safe_id(const std::string& id);

} // namespace weir::inline v0::vendor_batch
