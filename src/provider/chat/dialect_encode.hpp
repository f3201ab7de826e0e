// What the encoders share for dialects other than OpenAI's completions.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provider/chat/common_encode.hpp"

namespace weir::inline v0::provider {

/// Refuses what a dialect cannot express: without it the answer would be a different one.
/// \throws weir::error errc::unsupported, naming the field and the dialect.
[[noreturn]] void refuse_field(std::string_view field, std::string_view dialect, std::string_view instead = {});

/// Refuses every field of the request that has an effect and is not in `fields`, which holds the names of chat's
/// setters. Fields without an effect on the answer (`include_usage`, `end_user`) are not checked.
void express_only(const chat& ask, std::string_view dialect, std::initializer_list<std::string_view> fields);

/// The token limit of an answer, under either of its names.
std::optional<std::int64_t> most_tokens(const chat& ask) noexcept;

/// Everything that a message contains, in order.
std::vector<content_part> parts_of(const message& m);
/// The same where a dialect takes only text. \throws weir::error errc::unsupported for an image or another part.
std::string only_text(const message& m, std::string_view dialect);
bool is_system(const message& m) noexcept;
/// \throws weir::error errc::invalid_argument for a role that no chat API has.
void check_role(const message& m);
/// Sets the message's extra members. \throws weir::error errc::invalid_argument if one is not JSON.
void put_extra(codec::json::object& o, const message& m);
/// Refuses a message's `name` where the dialect has none.
void refuse_name(const message& m, std::string_view dialect);

/// The contents of a `data:` URL (RFC 2397), not decoded.
class inline_data {
public:
  inline_data() = default;
  std::string mime;
  std::string base64;
};
/// Empty for a URL with another scheme. \throws weir::error errc::invalid_argument if it is not base64.
std::optional<inline_data> read_inline_image(const std::string& url);

/// A file's name for APIs that require one.
std::string file_name(const content_part& file, const inline_data& data);
/// The contents of a file, which content_part::attachment() has written.
inline_data inline_data_of(const content_part& file);
/// The reasoning that a message keeps for an API: its blocks of these types, or of types that begin so if one ends with
/// a dot. \throws weir::error errc::invalid_argument for a block that is no JSON.
codec::json::array reasoning_blocks_of(const message& m, std::initializer_list<std::string_view> types);

/// A call's arguments as an object. \throws weir::error errc::invalid_argument if they are not an object.
codec::json::value arguments_of(const tool_call& c);
/// The name of the function whose result `all[at]` is.
/// \throws weir::error errc::invalid_argument if no earlier call has its id and it has no name.
std::string name_of_result(const std::vector<message>& all, std::size_t at);
/// A tool's schema; that of an empty object for a tool without parameters.
codec::json::value parameters_of(const tool& t);
/// The schema of a response_format. \throws weir::error errc::invalid_argument if it is not JSON.
codec::json::value schema_of(const response_format& f);

} // namespace weir::inline v0::provider
