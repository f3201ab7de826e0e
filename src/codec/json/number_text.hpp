// A JSON document whose numbers keep their text, for those that must not pass through a double.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/json.hpp"

namespace weir::inline v0::codec {

class text_document;

/// A value of a text_document, which must outlive it.
class text_value {
public:
  enum class kind : std::uint8_t { null, boolean, number, string, array, object };
  class iterator;

  kind type() const noexcept;
  bool is(kind k) const noexcept { return type() == k; }
  /// A string's characters, a number as it was written, `true` or `false`; else empty.
  std::string_view text() const noexcept;
  /// How many elements or members it has.
  std::size_t size() const noexcept;
  /// In the order of the text.
  iterator begin() const noexcept;
  iterator end() const noexcept;
  /// The key of a member that an iterator over an object gave; else empty.
  std::string_view key() const noexcept;

  /// A member that is there and not null; tested as a bool, only then used.
  class member;
  member find(std::string_view key) const noexcept;

private:
  friend class text_document;
  friend class iterator;
  text_value(const text_document& in, std::uint32_t at) noexcept : in_(&in), at_(at) {}
  const text_document* in_;
  std::uint32_t at_;
};

class text_value::iterator {
public:
  text_value operator*() const noexcept { return at_; }
  iterator& operator++() noexcept;
  bool operator==(const iterator& other) const noexcept { return at_.at_ == other.at_.at_; }

private:
  friend class text_value;
  explicit iterator(text_value at) noexcept : at_(at) {}
  text_value at_;
};

class text_value::member {
public:
  explicit operator bool() const noexcept { return found_; }
  const text_value& operator*() const noexcept { return value_; }
  const text_value* operator->() const noexcept { return &value_; }

private:
  friend class text_value;
  member(text_value v, bool found) noexcept : value_(v), found_(found) {}
  text_value value_;
  bool found_;
};

/// Parses as strictly as parse_json(), to max_json_depth, but keeps numbers as they are written. About 16 bytes a value
/// and the text of the strings; at most 2²⁴ values.
class text_document {
public:
  /// Sets errc::malformed_response, and `problem`, for a text that is not JSON.
  text_document(std::string_view text, error_code& ec, json_problem& problem);
  text_document(const text_document&) = delete;
  text_document& operator=(const text_document&) = delete;

  /// Null if the text was not JSON.
  text_value root() const noexcept { return {*this, 0}; }

private:
  friend class text_value;
  friend class text_value::iterator;
  class builder;
  struct node {
    node() = default;
    text_value::kind type = text_value::kind::null;
    bool keyed = false;       ///< The node before it is its key.
    std::uint32_t length = 0; ///< Of the text, or the number of elements.
    std::uint32_t begin = 0;  ///< Of the text.
    std::uint32_t next = 0;   ///< The node behind it and all that is in it.
  };
  std::string_view text_of(const node& n) const noexcept { return {text_.data() + n.begin, n.length}; }

  std::vector<node> nodes_;
  std::string text_;
};

} // namespace weir::inline v0::codec
