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

namespace weir::inline v0::provider {

/// A parameter's value as JSON.
/// \throws weir::error errc::invalid_argument naming `name` for infinity, NaN, or text that is not JSON.
codec::json::value to_json(std::string_view name, const parameter_value& v);
/// All parameters, in their order.
codec::json::object parameters_of(const task_request& ask);
/// Removes `key` from `from` and returns it; null if it is absent.
codec::json::value take(codec::json::object& from, std::string_view key);
/// Renames a member and moves it to the end; does nothing if it is absent.
void rename(codec::json::object& o, std::string_view from, std::string_view to);
/// A single text, or the array of a batch.
codec::json::value texts_of(const task_request& ask);
/// The text, where only one is accepted; empty if there is none.
/// \throws weir::error errc::invalid_argument for a batch.
std::string_view text_of(const task_request& ask);
/// The image or audio, where only one is accepted. \throws weir::error errc::invalid_argument for none or several.
const media& one_input(const task_request& ask);

/// The input for a provider that takes URLs: its URL, or a `data:` URL of its bytes.
/// \throws weir::error errc::invalid_argument for bytes of an unknown type, which such a URL must name.
std::string url_of(const media& m);
std::string data_url(std::string_view content_type, std::string_view bytes);
/// Reads a `data:` URL (RFC 2397); empty for any other URL or an invalid one.
std::optional<media> read_data_url(std::string_view url);
/// A result at a URL; `data:` URLs are decoded at once.
/// \throws weir::error errc::unexpected_content for a URL that is not https, http or data.
media media_at(std::string_view url);
/// The whole body as one file.
media media_of(const http::response_head& head, std::string body);

/// A GET of a path below the route's origin, with its key and headers: for polls.
http::request get_request(const route& to, std::string target);

/// \throws weir::error errc::unexpected_content: "unexpected response from the provider: …".
[[noreturn]] void unexpected(std::string_view what);
/// The body as JSON; an error object inside a 2xx is thrown as the failure it describes.
codec::json::value read_json(std::string_view body);

} // namespace weir::inline v0::provider
