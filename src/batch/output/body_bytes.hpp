// Images, sound and videos whose bytes are in the body of a result.
#pragma once

#include <functional>
#include <string>

#include <weir/task/media.hpp>

namespace weir::inline v0 {

/// Gives `keep` each medium of a body that has its bytes; the path that it returns takes their place. What it throws
/// leaves the body as it was. \returns whether there was any.
bool replace_bytes(std::string& body, const std::function<std::string(media& m)>& keep);

} // namespace weir::inline v0
