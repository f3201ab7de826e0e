// Fields of a request's form, query or body, whichever has them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/server/request.hpp"

namespace weir::inline v0::sim {

/// A part of a multipart form.
/// Object lifetimes: refers to the request's body.
class form_part {
public:
  form_part() = default;
  std::string_view file_name; ///< Empty if the part has none.
  std::string_view content;
};

/// The part of a `multipart/form-data` body with this name; nothing if there is none, or if the body is no such form.
std::optional<form_part> part_of(const request& r, std::string_view name);

/// The value of a parameter of the query, unescaped.
std::optional<std::string> query_of(const request& r, std::string_view name);

/// A field of the form (multipart or urlencoded) or else of the query.
std::optional<std::string> field_of(const request& r, std::string_view name);

/// The decimal number that is all of `text`.
std::optional<std::uint64_t> number_of(std::string_view text) noexcept;

} // namespace weir::inline v0::sim
