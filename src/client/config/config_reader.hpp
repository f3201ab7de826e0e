// Typed reading of a configuration text, with the path of every value.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/core/time.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0 {

class config_object;

/// A value with its path and its file. Reading it as a type that it does not have is an error.
/// Object lifetimes: borrows the document and the file's name.
class config_value {
public:
  config_value(const codec::json::value& v, std::string path, const std::string& file)
      : value_(&v), path_(std::move(path)), file_(&file) {}

  const std::string& path() const noexcept { return path_; }
  const std::string& file() const noexcept { return *file_; }
  bool is_text() const noexcept { return value_->is_string(); }
  bool is_object() const noexcept { return value_->is_object(); }
  bool is_list() const noexcept { return value_->is_array(); }

  std::string text() const;
  bool flag() const;
  std::uint64_t whole(std::uint64_t min = 0, std::uint64_t max = std::numeric_limits<std::int64_t>::max()) const;
  double number() const;
  weir::duration duration() const;
  config_object object() const;
  std::vector<config_value> list() const;
  /// A text, or a list of texts: at least one.
  std::vector<config_value> texts() const;
  /// One of the names in `names`.
  template <class T>
  T one_of(std::initializer_list<std::pair<std::string_view, T>> names) const {
    std::vector<std::string_view> known;
    for (const auto& [name, value] : names) {
      if (is_text() && std::string_view(value_->get_string()) == name)
        return value;
      known.push_back(name);
    }
    refuse_other_than(known);
  }

  /// \throws weir::error errc::invalid_configuration, `FILE: PATH: PROBLEM`.
  [[noreturn]] void refuse(std::string_view problem) const;
  /// `must be WHAT, not VALUE`, where the value can be shown.
  [[noreturn]] void refuse_type(std::string_view what) const;

private:
  friend class config_object;
  [[noreturn]] void refuse_other_than(const std::vector<std::string_view>& known) const;

  const codec::json::value* value_;
  std::string path_;
  const std::string* file_;
};

/// An object whose members are looked up by name; finish() refuses those that were not.
class config_object {
public:
  explicit config_object(config_value v) : value_(std::move(v)) {}

  std::optional<config_value> find(std::string_view name);
  /// From now on finds none of the members that the other object has.
  void leave_out(const config_object& other);
  /// Every member, for objects whose names are free.
  std::vector<std::pair<std::string, config_value>> members() const;

  /// Calls `use` with the member if it is there.
  template <class F>
  config_object& on(std::string_view name, F&& use) {
    if (const auto v = find(name))
      use(*v);
    return *this;
  }

  /// \throws weir::error for a member that was never looked up by find(), naming the nearest one that was.
  void finish() const;

  const config_value& value() const noexcept { return value_; }

private:
  config_value value_;
  std::vector<std::string_view> known_;
  std::vector<std::string> left_out_;
};

/// A parsed configuration text. Refuses malformed JSON, repeated names and anything that looks
/// like a key.
class config_document {
public:
  config_document(std::string_view text, std::string file);
  config_document(const config_document&) = delete;
  config_document& operator=(const config_document&) = delete;

  config_object root() const { return config_value(value_, {}, file_).object(); }
  const std::string& file() const noexcept { return file_; }

private:
  std::string file_;
  codec::json::value value_;
};

/// Whether a text has the form of a provider's key.
bool looks_like_key(std::string_view text) noexcept;

} // namespace weir::inline v0
