// The members of a request's body, taken one by one; what is left is passed on as it is.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/object_members.hpp"

namespace weir::inline v0::provider {

/// Takes members out of an object that is left alone. A member whose value is not of the kind that is asked for stays:
/// the server then says what is wrong with it. A null counts as absent, as it does for servers.
/// Object lifetimes: the object must outlive the reader.
class member_reader {
public:
  explicit member_reader(const codec::json::object& from) : from_(from), taken_(from.size(), false) {}

  /// nullptr if there is none. Stays.
  const codec::json::value* peek(std::string_view key) const noexcept;
  void drop(std::string_view key) noexcept;

  std::optional<bool> flag(std::string_view key);
  std::optional<double> number(std::string_view key);
  std::optional<std::int64_t> whole(std::string_view key);
  std::optional<std::uint64_t> natural(std::string_view key);
  std::optional<std::string> text(std::string_view key);
  /// A text, or a list of them.
  std::optional<std::vector<std::string>> texts(std::string_view key);
  const codec::json::object* object(std::string_view key);
  const codec::json::array* array(std::string_view key);

  /// Whether nothing is left but nulls.
  bool empty() const noexcept;
  /// Adds what is left to the request, except `model` and `stream`, which it sets itself.
  template <class Request>
  void rest_into(Request& to) const {
    for_rest([&to](std::string key, std::string text) { to.extra_body(std::move(key), std::move(text)); });
  }
  /// Calls with the name and the text of each member that is left, except these two.
  template <class F>
  void for_rest(F f) const {
    std::size_t i = 0;
    for (const auto& member : from_)
      if (!taken_[i++] && !member.value().is_null() && member.key() != "model" && member.key() != "stream")
        f(std::string(member.key()), codec::to_text(member.value()));
  }

private:
  template <class T>
  T take(std::string_view key, T found) {
    if (found)
      drop(key);
    return found;
  }
  const codec::json::object& from_;
  std::vector<bool> taken_;
};

/// Whether an object has no other members than these, nulls not counted.
bool has_only(const codec::json::object& o, std::initializer_list<std::string_view> keys) noexcept;
bool has_only(const codec::json::value& v, std::initializer_list<std::string_view> keys) noexcept;

} // namespace weir::inline v0::provider
