#include "batch/output/table.hpp"

namespace weir::inline v0 {

namespace {

void append_cell(std::string& out, std::string_view cell, char separator) {
  const char special[] = {separator, '"', '\r', '\n', '\0'};
  if (cell.find_first_of(special) == cell.npos) {
    out += cell;
    return;
  }
  out += '"';
  for (const char c : cell)
    out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

} // namespace

void append_row(std::string& out, const std::vector<std::string>& cells, char separator) {
  // A blank line would be no row to most readers.
  if (cells.size() == 1 && cells.front().empty())
    out += "\"\"";
  for (const auto& cell : cells) {
    if (&cell != &cells.front())
      out += separator;
    append_cell(out, cell, separator);
  }
  out += '\n';
}

void append_text_line(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else
      out.append(c == '\\' ? 2 : 1, c);
  }
  out += '\n';
}

} // namespace weir::inline v0
