// Base64 (RFC 4648).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// The standard alphabet with padding (section 4).
std::string encode_base64(std::string_view bytes);

enum class base64_space {
  reject,
  skip, ///< Spaces, tabs, CR and LF may stand anywhere, as in MIME.
};

/// Reads the standard and the URL-safe alphabet (section 5), with padding or without. Empty for anything else: a
/// foreign character, too little or too much padding, text after it, an impossible length, or bits beyond the last byte
/// that are not zero (section 3.5).
std::optional<std::string> decode_base64(std::string_view text, base64_space space = base64_space::reject);

WEIR_END_NAMESPACE
