// Opens files to read them, and nothing that is none.
#pragma once

#include <string>

#include "core/descriptor.hpp"

namespace weir::inline v0 {

/// Opens a regular file to read it. A FIFO, a device or a socket is refused, and not waited for: it may have no end.
/// \returns nothing if it cannot be opened, or is of another kind; `why` is then set.
descriptor open_regular_file(const std::string& path, std::string& why);

/// What is at `path` in the words of a message, such as `is a folder`; empty for a regular file, and if nothing is
/// known of it.
std::string kind_of_file(const std::string& path);

} // namespace weir::inline v0
