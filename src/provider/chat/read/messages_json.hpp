// Messages as JSON, in the form of OpenAI's chat.
#pragma once

#include <string_view>
#include <vector>

#include <weir/task/chat.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::provider {

/// Reads an array of messages. Parts other than text, images and files with their bytes, members that weir does not
/// know, and calls of other tools than functions are kept as they are. `where` is for error messages.
/// \throws weir::error errc::invalid_argument, with the number of the message, from 1.
std::vector<message> read_messages(const codec::json::value& all, std::string_view where);

/// The array that read_messages() reads the same messages from.
codec::json::array to_json(const std::vector<message>& all);

} // namespace weir::inline v0::provider
