// What the encoders and decoders of tasks share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/task/request.hpp>
#include <weir/task/results.hpp>

#include "codec/json/json.hpp"
#include "provider/dialect.hpp"

namespace weir::provider {

/// A parameter's value as JSON. \throws weir::error errc::invalid_argument naming `name` for an infinity, a
/// NaN, or text that is no JSON.
codec::json::value to_json(std::string_view name, const parameter_value& v);
/// All parameters, in their order.
codec::json::object parameters_of(const task_request& ask);
/// Takes `key` out of `from`; null if it is not there.
codec::json::value take(codec::json::object& from, std::string_view key);
/// Renames a member, in its place at the end; nothing if it is not there.
void rename(codec::json::object& o, std::string_view from, std::string_view to);
/// The one text, or the array of all of a batch.
codec::json::value texts_of(const task_request& ask);
/// The text, where only one is taken; empty if there is none.
/// \throws weir::error errc::invalid_argument for a batch.
std::string_view text_of(const task_request& ask);
/// The image or sound, where only one is taken. \throws weir::error errc::invalid_argument for none or several.
const media& one_input(const task_request& ask);

/// The input as a provider that takes URLs wants it: its URL, or a `data:` URL of its bytes.
/// \throws weir::error errc::invalid_argument for bytes of an unknown type, which such a URL must name.
std::string url_of(const media& m);
std::string data_url(std::string_view content_type, std::string_view bytes);
/// Reads a `data:` URL (RFC 2397); empty if it is none, or a broken one.
std::optional<media> read_data_url(std::string_view url);
/// A result that is at a URL: `data:` URLs are read at once. \throws weir::error errc::unexpected_content
/// for what is no https, http or data URL.
media media_at(std::string_view url);
/// The whole body as a medium.
media media_of(const http::response_head& head, std::string body);

/// A GET of a path below the route's origin, with its key and headers: for polls.
http::request get_request(const route& to, std::string target);

/// \throws weir::error errc::unexpected_content: "provider gave …".
[[noreturn]] void unexpected(std::string_view what);
/// The body as JSON; an error object inside a 2xx is thrown as the failure it is.
codec::json::value read_json(std::string_view body);

} // namespace weir::provider
