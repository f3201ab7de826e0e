// JSON that models put into Markdown.
#pragma once

#include <string_view>

namespace weir::inline v0::codec {

/// The content of the text's one Markdown code block, which models like to put JSON into; the text itself without one,
/// or if it begins as JSON does. Blanks around it are left out.
std::string_view json_in_text(std::string_view text) noexcept;

} // namespace weir::inline v0::codec
