// Texts with the cells of a row in them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "batch/input/row.hpp"

namespace weir::inline v0::input {

/// A text with `{{name}}` in it, for member_at(); `{{{{` is `{{`.
class prompt_template {
public:
  prompt_template() = default;
  /// \throws weir::error errc::invalid_argument for a `{{` that is not closed, or has no name in it.
  explicit prompt_template(std::string_view text);

  bool empty() const noexcept { return pieces_.empty(); }
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// \throws weir::error errc::invalid_argument: `where: there is no column 'x' (there are a, b)`.
  std::string fill(const codec::json::object& row, std::string_view where) const;

private:
  std::vector<std::pair<std::string, bool>> pieces_; // a text, or with true a name
  std::vector<std::string> names_;
};

/// \throws weir::error errc::invalid_argument: `where: there is no column 'x' (there are a, b)`.
[[noreturn]] void throw_no_column(std::string_view where, std::string_view name, const codec::json::object& row);

} // namespace weir::inline v0::input
