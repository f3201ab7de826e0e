// Long strings that a tree stands for without holding them: a prompt of megabytes is copied once, into the request.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/json.hpp"

namespace weir::inline v0::codec {

/// Such a string's place in the tree is marked by a number that JSON does not have and no text can spell: a NaN with
/// the string's number in it. to_text() without the strings writes it, as any NaN, as null.
class long_texts {
public:
  long_texts() = default;

  /// The string as a value, or its mark if it is long; it must outlive the last use of the tree.
  json::value value_of(std::string_view text, json::storage_ptr storage = {});

  std::span<const std::string_view> all() const noexcept { return all_; }

private:
  std::vector<std::string_view> all_;
};

/// The string that a number stands for; nullptr if it is none of them.
const std::string_view* marked(double number, std::span<const std::string_view> all) noexcept;

std::string to_text(const json::value& v, const long_texts& texts);

} // namespace weir::inline v0::codec
