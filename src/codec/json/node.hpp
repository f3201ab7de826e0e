// A JSON text as a row of nodes, for what is read once and thrown away: the chunks of a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <weir/core/error.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::codec {

/// A value in a document: a scalar, or a list or object that is followed by its elements or members.
class node {
public:
  class element_iterator {
  public:
    explicit constexpr element_iterator(const node* at) noexcept : at_(at) {}
    const node& operator*() const noexcept { return *at_; }
    element_iterator& operator++() noexcept {
      at_ += at_->span_;
      return *this;
    }
    friend bool operator==(element_iterator, element_iterator) = default;

  private:
    const node* at_;
  };

  class member {
  public:
    explicit member(const node* at) noexcept : at_(at) {}
    std::string_view key() const noexcept { return at_->get_string(); }
    const node& value() const noexcept { return at_[1]; }

  private:
    const node* at_;
  };

  class member_iterator {
  public:
    explicit member_iterator(const node* at) noexcept : at_(at) {}
    member operator*() const noexcept { return member(at_); }
    member_iterator& operator++() noexcept {
      at_ += 1 + at_[1].span_;
      return *this;
    }
    friend bool operator==(member_iterator, member_iterator) = default;

  private:
    const node* at_;
  };

  template <class Iterator>
  class range {
  public:
    range(const node* first, const node* last) noexcept : first_(first), last_(last) {}
    Iterator begin() const noexcept { return Iterator(first_); }
    Iterator end() const noexcept { return Iterator(last_); }

  private:
    const node* first_;
    const node* last_;
  };

  node() = default;

  json::kind kind() const noexcept { return kind_; }
  bool is_null() const noexcept { return kind_ == json::kind::null; }
  bool is_bool() const noexcept { return kind_ == json::kind::bool_; }
  bool is_int64() const noexcept { return kind_ == json::kind::int64; }
  bool is_uint64() const noexcept { return kind_ == json::kind::uint64; }
  bool is_double() const noexcept { return kind_ == json::kind::double_; }
  bool is_number() const noexcept { return is_int64() || is_uint64() || is_double(); }
  bool is_string() const noexcept { return kind_ == json::kind::string; }
  bool is_array() const noexcept { return kind_ == json::kind::array; }
  bool is_object() const noexcept { return kind_ == json::kind::object; }

  bool get_bool() const noexcept { return value_.flag; }
  std::int64_t get_int64() const noexcept { return value_.integer; }
  std::uint64_t get_uint64() const noexcept { return value_.whole; }
  double get_double() const noexcept;
  std::string_view get_string() const noexcept { return {value_.text, size_}; }

  /// The number of elements or members.
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  range<element_iterator> elements() const noexcept { return {this + 1, this + span_}; }
  range<member_iterator> members() const noexcept { return {this + 1, this + span_}; }
  const node& front() const noexcept { return this[1]; }
  /// Of the value of a member.
  std::string_view key() const noexcept { return this[-1].get_string(); }

private:
  friend class document;
  friend class node_reader;

  union {
    const char* text; // also of a number that is not read yet
    std::int64_t integer;
    std::uint64_t whole;
    double real;
    bool flag;
  } value_;
  std::uint32_t size_; // of a string in bytes; of a real number its text, or 0 once it is read
  std::uint32_t span_; // nodes, with those inside
  json::kind kind_;
};

/// One JSON text. Its nodes are views of the text, which must outlive them. A text of ordinary size takes no memory
/// from the heap, so a document is large: about 10 kB, on a stack.
class document {
public:
  document() noexcept {} // the memory stays as it is
  document(const document&) = delete;
  document& operator=(const document&) = delete;

  /// As parse_json(): the same texts, and the same values. False as well for the few that are left to it: numbers with
  /// huge exponents, objects with many members.
  bool parse(std::string_view text);
  /// As parse_answer(), with lone surrogates in what was mended.
  void read(std::string_view text, error_code& ec, bool& mended);
  /// A value in place of a text; it must outlive the nodes.
  void assign(const json::value& v);

  const node& root() const noexcept { return *nodes_; }

private:
  friend class node_reader;

  node& push(json::kind k, std::uint32_t size) {
    if (size_ == capacity_)
      grow();
    auto& made = nodes_[size_++];
    made.kind_ = k;
    made.size_ = size;
    made.span_ = 1;
    return made;
  }
  void grow();
  void close(std::size_t at, std::uint32_t count) noexcept {
    nodes_[at].size_ = count;
    nodes_[at].span_ = static_cast<std::uint32_t>(size_ - at);
  }
  void append(const json::value& v);

  static constexpr std::size_t held_nodes = 256;
  static constexpr std::size_t held_text = 4096;

  alignas(node) unsigned char memory_[held_nodes * sizeof(node)];
  char text_[held_text]; // of strings with escapes
  node* nodes_ = reinterpret_cast<node*>(memory_);
  std::size_t size_ = 0;
  std::size_t capacity_ = held_nodes;
  std::unique_ptr<node[]> more_nodes_;
  std::unique_ptr<char[]> more_text_;
  json::value tree_; // of a text that is not read in one pass
};

/// A node as a value of its own, for what is kept or built upon.
json::value to_value(const node& v);
/// As of to_value().
std::string to_text(const node& v);

// The look-ups of json.hpp.

/// Whether v is an object with that member, be it null.
bool contains(const node& v, std::string_view key) noexcept;
const node* find(const node& v, std::string_view key) noexcept;
std::optional<std::string_view> string_at(const node& v, std::string_view key) noexcept;
std::optional<std::uint64_t> uint_of(const node& v) noexcept;
std::optional<std::uint64_t> uint_at(const node& v, std::string_view key) noexcept;
std::optional<std::int64_t> int_at(const node& v, std::string_view key) noexcept;
std::optional<double> number_of(const node& v) noexcept;
std::optional<double> number_at(const node& v, std::string_view key) noexcept;
std::optional<bool> bool_at(const node& v, std::string_view key) noexcept;
const node* array_at(const node& v, std::string_view key) noexcept;
const node* object_at(const node& v, std::string_view key) noexcept;

} // namespace weir::inline v0::codec
