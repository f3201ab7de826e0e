// What an input is, by its name and its first bytes.
#include <algorithm>
#include <array>

#include <weir/core/error.hpp>
#include <weir/task/media.hpp>

#include "batch/input/csv.hpp"
#include "batch/input/row_decoder.hpp"

namespace weir::inline v0 {

namespace {

struct format_name {
  std::string_view name;
  batch_format format;
};
constexpr std::array<format_name, 7> formats = {{
    {"automatic", batch_format::automatic},
    {"jsonl", batch_format::jsonl},
    {"json", batch_format::json},
    {"text", batch_format::text},
    {"csv", batch_format::csv},
    {"tsv", batch_format::tsv},
    {"files", batch_format::files},
}};

} // namespace

batch_format find_batch_format(std::string_view name) {
  std::string known;
  for (const auto& f : formats) {
    if (f.name == name)
      return f.format;
    known += (known.empty() ? "" : ", ") + std::string(f.name);
  }
  throw error(errc::invalid_argument, "unknown format '" + std::string(name) + "': the formats are " + known);
}

namespace input {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string_view without_blanks(std::string_view text) {
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

// A table that has a name that is looked for; plain text has commas too.
bool has_column(std::string_view line, char delimiter, const std::vector<std::string>& columns) {
  std::string problem;
  const auto cells = csv_cells(line, delimiter, problem);
  return cells && std::any_of(cells->begin(), cells->end(), [&columns](const std::string& cell) {
           return std::find(columns.begin(), columns.end(), cell) != columns.end();
         });
}

} // namespace

batch_format format_of(std::string_view name, std::string_view beginning, const std::vector<std::string>& columns) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::string_view ending = lower;
  for (const std::string_view packed : {".gz", ".zst", ".zstd"})
    if (ending.ends_with(packed))
      ending.remove_suffix(packed.size());
  for (const std::string_view json : {".jsonl", ".ndjson", ".json", ".jsonlines"})
    if (ending.ends_with(json))
      return batch_format::json;
  if (ending.ends_with(".csv"))
    return batch_format::csv;
  if (ending.ends_with(".tsv") || ending.ends_with(".tab"))
    return batch_format::tsv;
  if (ending.ends_with(".txt"))
    return batch_format::text;
  if (!content_type_of(beginning).empty())
    return batch_format::files;
  const auto text = without_blanks(beginning);
  if (text.starts_with('{'))
    return batch_format::jsonl;
  if (text.starts_with('[') &&
      (without_blanks(text.substr(1)).starts_with('{') || without_blanks(text.substr(1)).starts_with('"')))
    return batch_format::json;
  auto line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  if (has_column(line, find_delimiter(line), columns))
    return batch_format::csv;
  return batch_format::text;
}

std::string problem_of_input(std::string_view b) {
  if (b.starts_with("\xFF\xFE") || b.starts_with("\xFE\xFF"))
    return "is UTF-16: convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8";
  if (b.starts_with("PAR1"))
    return R"(is Parquet: convert it, for example with duckdb -c "COPY (FROM 'FILE') TO 'in.jsonl'")";
  if (b.starts_with("PK\x03\x04"))
    return "is a ZIP archive or a spreadsheet: unpack it, or save it as CSV";
  if (b.starts_with("BZh"))
    return "is packed with bzip2: unpack it first, for example with bzip2 -dc";
  if (b.starts_with("\xFD"
                    "7zXZ"))
    return "is packed with xz: unpack it first, for example with xz -dc";
  if (b.starts_with("ARROW1"))
    return "is an Arrow file: convert it to JSON lines";
  return {};
}

std::unique_ptr<row_decoder> rows_of(batch_format format, std::string_view beginning, const decoder_options& o) {
  switch (format) {
  case batch_format::text: return text_rows(o);
  case batch_format::csv: return table_rows(o, 0);
  case batch_format::tsv: return table_rows(o, '\t');
  case batch_format::json:
    if (without_blanks(beginning).starts_with('['))
      return list_rows(o);
    break;
  default: break;
  }
  return jsonl_rows(o);
}

} // namespace input

} // namespace weir::inline v0
