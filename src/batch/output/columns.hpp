// The columns that pass through a batch beside its answers.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::inline v0 {

/// A cell of a row: a JSON value.
class column {
public:
  column(std::string name, std::string json, std::string text)
      : name(std::move(name)), json(std::move(json)), text(std::move(text)) {}
  std::string name;
  std::string json; ///< As JSON; numbers keep their digits.
  std::string text; ///< For a table: a string without its quotes, nothing for null, anything else as JSON.
};

/// The members of a JSON object in text form, in their order; none for an empty text and for what is no object.
/// `weir_error` and `weir_origin` are left out: a file of failures that is used as an input again has them.
std::vector<column> columns_of(std::string_view object);

/// The same as an object in one line; empty where there are none.
std::string columns_object(std::string_view object);

/// The text as one line of JSON; as a JSON string if it is none.
std::string as_json_line(std::string_view text);

} // namespace weir::inline v0
