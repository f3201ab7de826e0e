// The endings of media files' names.
#pragma once

#include <string_view>

#include <weir/task/media.hpp>

namespace weir::inline v0 {

/// Whether file_extension() gives it for some type.
bool is_file_extension(std::string_view ending) noexcept;

} // namespace weir::inline v0
