// A JSON Schema, written once: for the request, and to check what comes back.
#pragma once

#include <string>
#include <string_view>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// A JSON Schema. It checks what models are asked to produce: type, enum, const, properties, required,
/// additionalProperties, items, prefixItems, the limits of numbers, texts, lists and objects, multipleOf, uniqueItems,
/// anyOf, oneOf, allOf, not, and $ref within the document. Other keywords (pattern, format, if …) are not checked.
/// Source: JSON Schema 2020-12, Validation. Thread safety: immutable.
class schema {
public:
  /// `text`: the schema as JSON. \throws weir::error errc::invalid_argument if it is no JSON, neither an object nor a
  /// boolean, or has parts that are no schemas, such as a type that JSON does not have.
  explicit schema(std::string text);

  const std::string& text() const noexcept { return text_; }

  /// What is wrong with a JSON text, in one line that begins with the place (`$.items[2].name: is missing`); empty if
  /// it fits.
  std::string check(std::string_view json) const;

private:
  std::string text_;
};

WEIR_END_NAMESPACE
