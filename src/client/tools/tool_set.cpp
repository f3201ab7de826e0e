#include <weir/client/tool_set.hpp>

#include <algorithm>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

namespace {

constexpr const char* any_object = R"({"type":"object"})";

} // namespace

callable_tool::callable_tool(tool declaration, function run)
    : declaration_(std::move(declaration)),
      parameters_(declaration_.parameters().empty() ? any_object : declaration_.parameters()), run_(std::move(run)) {}

tool_set& tool_set::add(callable_tool t) & {
  if (find(t.declaration().name()))
    throw error(errc::invalid_argument, "there are two tools named \"" + t.declaration().name() + "\"");
  tools_.push_back(std::move(t));
  return *this;
}

const callable_tool* tool_set::find(std::string_view name) const noexcept {
  const auto at = std::find_if(tools_.begin(), tools_.end(),
                               [name](const callable_tool& t) { return t.declaration().name() == name; });
  return at == tools_.end() ? nullptr : &*at;
}

} // namespace weir::inline v0
