// What all encoders share.
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "codec/json/long_texts.hpp"
#include "provider/dialect.hpp"
#include "provider/vendors.hpp"

namespace weir::inline v0::provider {

/// A POST of `body` along the route, with the texts that are marked in it.
http::request json_request(const route& to, const codec::json::object& body,
                           const codec::long_texts& texts = codec::long_texts());

/// Merges the caller's own members into the root and replaces existing ones.
/// \throws weir::error errc::invalid_argument for `model`, `stream` and values that are not JSON.
void merge_extra(codec::json::object& body, const std::vector<std::pair<std::string, std::string>>& extra);

/// A content part of a message, and a function call, as OpenAI writes them.
codec::json::value openai_part(const content_part& p);
codec::json::value openai_part(const content_part& p, codec::long_texts& texts);
codec::json::object openai_call(const tool_call& c);

/// Sets `key` if the optional has a value.
/// \throws weir::error errc::invalid_argument for infinity or NaN, which JSON cannot represent.
template <class T>
void put(codec::json::object& body, std::string_view key, const std::optional<T>& value) {
  if (!value)
    return;
  if constexpr (std::is_floating_point_v<T>)
    if (!std::isfinite(*value))
      throw error(errc::invalid_argument, std::string(key) + " is not a finite number");
  body[key] = *value;
}

} // namespace weir::inline v0::provider
