// The parameters of the tasks: what `--param` takes, as a list for people.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <weir/task/kind.hpp>
#include <weir/task/request.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::cli {

/// What the value of a parameter is. `data` is an object or a list in JSON.
enum class parameter_type : unsigned char { text, texts, whole, natural, number, flag, data };

/// `TEXT`, `N`, `true|false` and so on, as help texts write it.
std::string_view words_of(parameter_type) noexcept;

/// One parameter of a task, under the name that the Hub documents.
class parameter {
public:
  constexpr parameter(std::string_view name, parameter_type type, std::string_view meaning,
                      std::string_view choices = {})
      : name(name), type(type), meaning(meaning), choices(choices) {}
  /// The same parameter where it means something else.
  constexpr parameter as(std::string_view other) const { return {name, type, other, choices}; }
  /// The values that it can have; empty if they are not listed.
  std::vector<std::string_view> values() const;
  /// Its meaning, with the values.
  std::string explanation() const;

  std::string_view name;
  parameter_type type;
  std::string_view meaning;
  std::string_view choices; ///< Separated by `|`.
};

/// What models take as their reasoning effort; each takes some of these.
inline constexpr std::array<std::string_view, 7> reasoning_efforts = {"none", "minimal", "low", "medium",
                                                                      "high", "xhigh",   "max"};

/// The parameters of a task: those of its class in `weir/task/hub/` and of `weir::text_generation`, and the inputs that
/// may be given as parameters (`prompt`, `question`). A test compares them with the classes.
std::span<const parameter> parameters_of(task_kind) noexcept;

/// The parameter of that name. \throws weir::error errc::invalid_argument, with the name that was probably meant.
const parameter& find_parameter(task_kind what, std::string_view name);

/// \throws weir::error errc::invalid_argument, which says that the task has no parameter of that name.
[[noreturn]] void throw_unknown_parameter(task_kind what, std::string_view name);

/// A value as the parameter takes it: texts as they are, everything else as JSON.
/// \throws weir::error errc::invalid_argument for a value of another type, or none of the parameter's values().
codec::json::value value_for(const parameter& p, const std::string& given);

/// The parameters of a task as lines of a help text, with a heading; a sentence if there are none.
std::string parameter_help(task_kind what);

} // namespace weir::inline v0::cli
