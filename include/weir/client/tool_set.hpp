// The functions that a model may call, with what they do.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/codec/schema.hpp>
#include <weir/task/chat.hpp>

WEIR_BEGIN_NAMESPACE

/// A function that a model may call: its declaration, and the function itself. `<weir/json.hpp>` makes one of a typed
/// function: typed_tool().
class callable_tool {
public:
  /// Is given the arguments as JSON that fits the declaration's schema, and returns what the model is told.
  using function = std::function<boost::asio::awaitable<std::string>(std::string arguments)>;

  /// \throws weir::error errc::invalid_argument for parameters that are no JSON Schema.
  callable_tool(tool declaration, function run);

  const tool& declaration() const noexcept { return declaration_; }
  /// What is wrong with arguments; empty if they fit.
  std::string check(std::string_view arguments) const { return parameters_.check(arguments); }
  boost::asio::awaitable<std::string> run(std::string arguments) const { return run_(std::move(arguments)); }

private:
  tool declaration_;
  schema parameters_;
  function run_;
};

/// Tools by name. Thread safety: none while tools are added; const afterwards.
class tool_set {
public:
  tool_set() = default;

  /// \throws weir::error errc::invalid_argument if there is a tool of that name already.
  tool_set&& add(callable_tool t) && { return std::move(add(std::move(t))); }
  tool_set& add(callable_tool t) &;
  tool_set&& add(tool declaration, callable_tool::function run) && {
    return std::move(add(std::move(declaration), std::move(run)));
  }
  tool_set& add(tool declaration, callable_tool::function run) & {
    return add(callable_tool(std::move(declaration), std::move(run)));
  }

  /// nullptr if there is none.
  const callable_tool* find(std::string_view name) const noexcept;
  const std::vector<callable_tool>& all() const noexcept { return tools_; }

private:
  std::vector<callable_tool> tools_;
};

WEIR_END_NAMESPACE
