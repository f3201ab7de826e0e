// The only door to Boost.JSON: strict reading, faithful writing.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <weir/core/error.hpp>

namespace weir::inline v0::codec {

namespace json = boost::json;

inline constexpr std::size_t max_json_depth = 64;

/// Parses one JSON text (RFC 8259). Stricter than Boost.JSON: a duplicate key, a number that
/// overflows to infinity, invalid UTF-8, an escaped lone surrogate, a byte order mark, anything
/// after the value, or a depth over max_json_depth is an error (errc::malformed_response).
///
/// Numbers: an integer is int64, above INT64_MAX uint64, beyond these the nearest double; `-0`
/// is the double -0.0; every other number is the double nearest to its text, 0 if it underflows.
/// An exponent beyond the range of int is an error.
///
/// The value lives in `storage`: with a monotonic_resource over a local buffer nothing is
/// allocated for a chunk of a stream. The resource must outlive the value.
json::value parse_json(std::string_view text, error_code& ec, json::storage_ptr storage = {});

/// What is wrong with a text, and where.
class json_problem {
public:
  json_problem() = default;
  std::string reason;
  std::size_t offset = 0; ///< In bytes; the text's size where the whole of it is wrong.
};

/// The same, saying why it failed.
json::value parse_json(std::string_view text, error_code& ec, json_problem& problem);

/// Parses a text that a server sent: strictly first, and if that fails once more after mend_json(), with the last of
/// duplicate keys, because one odd character must not cost an answer. A mended text may hold lone surrogates
/// (surrogates.hpp) in its strings; `mended` says so.
json::value parse_answer(std::string_view text, error_code& ec, bool& mended, json::storage_ptr storage = {});
/// The same with U+FFFD in place of every lone surrogate.
json::value parse_answer(std::string_view text, error_code& ec);

/// Parses a text that the caller of weir passed (extra_body, a schema), as strictly.
/// \throws weir::error errc::invalid_argument naming `what`, the reason and the place.
json::value parse_argument(std::string_view text, std::string_view what);

/// Serializes without spaces, members in their order. A double is written in the fewest digits that read back as the
/// same double, and always as one (`1.0`); an infinity or NaN becomes null. Invalid UTF-8 and lone surrogates
/// (surrogates.hpp) in strings are replaced by U+FFFD, so that the text is always JSON.
std::string to_text(const json::value& v);

/// Member `key` of `v` if v is an object that has it and it is not null; else nullptr.
const json::value* find(const json::value& v, std::string_view key) noexcept;
/// Lenient reading: absent, null and a wrong type all give the empty result.
std::optional<std::string_view> string_at(const json::value& v, std::string_view key) noexcept;
/// Accepts integers, and doubles without a fraction; negative or too large gives the empty result.
std::optional<std::uint64_t> uint_at(const json::value& v, std::string_view key) noexcept;
std::optional<std::int64_t> int_at(const json::value& v, std::string_view key) noexcept;
std::optional<double> number_at(const json::value& v, std::string_view key) noexcept;
std::optional<bool> bool_at(const json::value& v, std::string_view key) noexcept;
const json::array* array_at(const json::value& v, std::string_view key) noexcept;
const json::object* object_at(const json::value& v, std::string_view key) noexcept;

} // namespace weir::inline v0::codec
