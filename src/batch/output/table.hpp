// Rows of tables and lines of text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0 {

/// Appends a row as RFC 4180 has it, with `separator` between the cells (a comma, or a tab) and a line feed at the
/// end. Cells with a separator, a quote or a line break stand in quotes, and so does a single empty one. What looks
/// like a formula stays as it is: it is data.
void append_row(std::string& out, const std::vector<std::string>& cells, char separator);

/// Appends a text as one line: a line feed becomes `\n`, a carriage return `\r`, a backslash two, as `printf %b` reads
/// them.
void append_text_line(std::string& out, std::string_view text);

} // namespace weir::inline v0
