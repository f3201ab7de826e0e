// A model's name as a part of a path.
#pragma once

#include <string>
#include <string_view>

namespace weir::inline v0::provider {

/// `name` for use in a path: everything but unreserved characters and `/` is percent-encoded (RFC 3986, 2.3).
/// \throws weir::error errc::invalid_argument for a name that would leave its place in the path
/// (`..`, an empty segment) or is over 512 bytes.
std::string path_of_model(std::string_view name);

/// A vendor's path with `{model}` filled in.
std::string fill_model(std::string_view path, std::string_view model);

} // namespace weir::inline v0::provider
