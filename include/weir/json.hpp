// Answers and tools as typed values, by Boost.JSON and Boost.Describe. Not included by <weir/weir.hpp>.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/array.hpp>
#include <boost/json/conversion.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <weir/client/tool_set.hpp>
#include <weir/codec/schema.hpp>
#include <weir/core/error.hpp>
#include <weir/task/chat.hpp>
#include <weir/task/completion.hpp>

WEIR_BEGIN_NAMESPACE

namespace detail {

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {
  using value_type = T;
};

template <class T>
concept described_struct = boost::json::is_described_class<T>::value;
template <class T>
concept described_enum = boost::json::is_described_enum<T>::value;
template <class T>
concept text_like = std::convertible_to<T, std::string_view>;
template <class T>
concept map_like = requires(const T& t) {
  typename T::mapped_type;
  requires text_like<typename T::key_type>;
};
template <class T>
concept list_like = requires(const T& t) {
  typename T::value_type;
  t.begin();
  t.end();
} && !text_like<T> && !map_like<T>;

template <class T>
using all_members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

/// As weir writes JSON: numbers in their shortest form.
std::string text_of(const boost::json::value& v);

/// \throws weir::error errc::unexpected_content, with what Boost.JSON says.
[[noreturn]] void throw_no_fit(std::string_view what);

template <class T>
T value_as(const boost::json::value& v, std::string_view what);

/// \cond
template <class F>
struct signature : signature<decltype(&F::operator())> {};
/// \endcond
template <class C, class R, class A>
struct signature<R (C::*)(A) const> {
  using argument = std::remove_cvref_t<A>;
  using result = R;
};
template <class C, class R, class A>
struct signature<R (C::*)(A)> : signature<R (C::*)(A) const> {};
template <class R, class A>
struct signature<R (*)(A)> {
  using argument = std::remove_cvref_t<A>;
  using result = R;
};

template <class R>
struct returned {
  using type = R;
  static constexpr bool is = false;
};
template <class R>
struct returned<boost::asio::awaitable<R>> {
  using type = R;
  static constexpr bool is = true;
};

} // namespace detail

/// The JSON Schema of a type, strict as providers want it: every member is required, others are not allowed, and an
/// optional may be null. For bool, numbers, std::string, described enums (by their names) and structs
/// (BOOST_DESCRIBE_STRUCT without bases), and for std::optional, lists and maps of such.
/// A type that contains itself has none.
template <class T, class... Enclosing>
boost::json::value schema_value() {
  namespace json = boost::json;
  if constexpr (std::is_same_v<T, bool>) {
    return json::object{{"type", "boolean"}};
  } else if constexpr (std::is_integral_v<T>) {
    return json::object{{"type", "integer"}};
  } else if constexpr (std::is_floating_point_v<T>) {
    return json::object{{"type", "number"}};
  } else if constexpr (detail::text_like<T>) {
    return json::object{{"type", "string"}};
  } else if constexpr (detail::is_optional<T>::value) {
    json::array either;
    either.push_back(schema_value<typename detail::is_optional<T>::value_type, Enclosing...>());
    either.push_back(json::object{{"type", "null"}});
    return json::object{{"anyOf", std::move(either)}};
  } else if constexpr (detail::described_enum<T>) {
    json::array names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&names](auto e) { names.push_back(e.name); });
    return json::object{{"type", "string"}, {"enum", std::move(names)}};
  } else if constexpr (detail::described_struct<T>) {
    static_assert((!std::is_same_v<T, Enclosing> && ...), "a type that contains itself has no schema here: write one");
    json::object properties;
    json::array required;
    boost::mp11::mp_for_each<detail::all_members<T>>([&](auto m) {
      using member = std::remove_cvref_t<decltype(std::declval<T&>().*m.pointer)>;
      properties[m.name] = schema_value<member, T, Enclosing...>();
      required.push_back(m.name);
    });
    return json::object{{"type", "object"},
                        {"properties", std::move(properties)},
                        {"required", std::move(required)},
                        {"additionalProperties", false}};
  } else if constexpr (detail::map_like<T>) {
    return json::object{{"type", "object"},
                        {"additionalProperties", schema_value<typename T::mapped_type, Enclosing...>()}};
  } else {
    static_assert(detail::list_like<T>, "describe the type with BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM");
    return json::object{{"type", "array"}, {"items", schema_value<typename T::value_type, Enclosing...>()}};
  }
}

/// schema_value() as a schema, to check JSON with.
template <class T>
schema schema_of() {
  return schema(boost::json::serialize(schema_value<T>()));
}

/// Asks for an answer that completion::as<T>() can read:
///
///     auto answer = co_await client.chat(weir::chat(model).user(text).response_format(weir::format_of<person>()));
///     auto who = answer.as<person>();
template <class T>
response_format format_of(std::string name = "answer") {
  return response_format::json_schema(std::move(name), boost::json::serialize(schema_value<T>())).strict(true);
}

template <class T>
T detail::value_as(const boost::json::value& v, std::string_view what) {
  if constexpr (detail::described_struct<T> || detail::described_enum<T>)
    if (const auto problem = schema_of<T>().check(boost::json::serialize(v)); !problem.empty())
      throw_no_fit(std::string(what) + " does not fit: " + problem);
  std::string why;
  try {
    return boost::json::value_to<T>(v);
  } catch (const std::exception& e) {
    why = e.what();
  }
  throw_no_fit(std::string(what) + " does not fit: " + why);
}

template <class T>
T completion::as() const {
  return detail::value_as<T>(json(), "the answer");
}

/// A tool from a typed function, which takes one described struct and returns a value or an awaitable of one; texts are
/// told to the model as they are, other values as JSON. The schema of the arguments is made from their type.
///
///     tools.add(weir::typed_tool("weather", "The weather of a city", [](const place& p) { return look_up(p.city); }));
///
/// The function must outlive the runs of the tool in what it refers to; it may be called several times at once if it
/// returns an awaitable.
template <class F>
callable_tool typed_tool(std::string name, std::string description, F f) {
  using signature = detail::signature<std::decay_t<F>>;
  using argument = typename signature::argument;
  using returned = detail::returned<typename signature::result>;
  using result = typename returned::type;
  const auto told = [](result r) -> std::string {
    if constexpr (detail::text_like<result>)
      return std::string(std::move(r));
    else
      return detail::text_of(boost::json::value_from(r));
  };
  auto run = [](F& function, decltype(told) to_text, std::string arguments) -> boost::asio::awaitable<std::string> {
    auto given = detail::value_as<argument>(boost::json::parse(arguments), "the arguments");
    if constexpr (returned::is) {
      auto running = function(std::move(given));
      auto value = co_await std::move(running);
      co_return to_text(std::move(value));
    } else {
      co_return to_text(function(std::move(given)));
    }
  };
  auto held = std::make_shared<F>(std::move(f));
  tool declaration(std::move(name), std::move(description), boost::json::serialize(schema_value<argument>()));
  return callable_tool(std::move(declaration),
                       [held, run, told](std::string arguments) { return run(*held, told, std::move(arguments)); });
}

WEIR_END_NAMESPACE
