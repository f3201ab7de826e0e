// Arrays of numbers at wire speed: embeddings, without a JSON document in between.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/error.hpp>

namespace weir::inline v0::codec {

/// A nested array of numbers.
class float_block {
public:
  float_block() = default;
  std::vector<float> values;
  /// Outermost first. Where the arrays above the innermost differ in length it is {rows, n}.
  std::vector<std::size_t> shape;
  /// In that case: how many rows each element of the outermost array has; else empty.
  std::vector<std::size_t> rows;
};

/// Reads a JSON text that is an array of numbers, or arrays of such arrays, to max_json_depth. Sets
/// errc::malformed_response for anything else: text that is not JSON, other values, innermost arrays of unequal length
/// or unequal depth, and a number beyond the range of float. A number too small for it is 0.
float_block parse_floats(std::string_view text, error_code& ec);

/// A document without the values of one of its keys.
class float_members {
public:
  float_members() = default;

  /// The document, in which the k-th of the key's arrays is `[k]` and the k-th of its strings is `"k"`, each counted
  /// from 0. Only these have been checked: the rest is still to be parsed.
  std::string rest;
  std::vector<float> values;             ///< Of all arrays, one after the other.
  std::vector<std::size_t> ends;         ///< Where in values each array ends.
  std::vector<std::string_view> strings; ///< Between the quotes, as they stand in the text.
};

/// Takes the values of every member named `key` out of a document: arrays of numbers, and strings. Sets
/// errc::malformed_response for a value of the key that is an array but not one of numbers, or is cut off.
/// `text` must outlive the result.
float_members take_floats(std::string_view text, std::string_view key, error_code& ec);

/// Appends the little-endian binary32 numbers that a base64 text holds; `raw` is what stands between the quotes of a
/// JSON string. False, and nothing appended, for any other text.
bool append_base64_floats(std::string_view raw, std::vector<float>& to);

} // namespace weir::inline v0::codec
