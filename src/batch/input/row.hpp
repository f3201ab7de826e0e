// A row of an input, before it is an item.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/object_members.hpp"

namespace weir::inline v0::detail {

/// A row: an object, a plain text, or what is wrong with it.
class input_row {
public:
  input_row() = default;
  codec::json::object members; ///< Of a table: the cells, as strings. Of a plain line: `text`.
  std::uint64_t line = 0;      ///< On which it begins, from 1.
  bool plain = false;          ///< A plain line.
  bool table = false;          ///< A row of a table.
  std::string problem;         ///< Why it cannot be read; empty if it can.
  std::string file;            ///< Its path, where each file is a row.
};

} // namespace weir::inline v0::detail

namespace weir::inline v0::input {

using row = detail::input_row;

/// `v` as text: a string as it is, null as nothing, anything else as JSON.
std::string cell_text(const codec::json::value& v);
/// A member by its name, or by the names on the way to it (`a.b`, `a.0`); a name with a dot in it is looked for first.
/// nullptr if there is none.
const codec::json::value* member_at(const codec::json::object& o, std::string_view path) noexcept;
/// The names of an object's members, for messages: `id, text, label`; the first 20.
std::string names_of(const codec::json::object& o);

} // namespace weir::inline v0::input
