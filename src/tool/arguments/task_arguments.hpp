// The arguments that describe a task, shared by the commands that run and explain it.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <weir/task/request.hpp>
#include <weir/task/text_generation.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::cli {

class task_arguments {
public:
  task_arguments() = default;
  void add_to(CLI::App& command);
  /// \throws weir::error errc::invalid_argument.
  text_generation make_generation() const;
  /// Any task but text generation and chat. \throws weir::error errc::invalid_argument.
  task_request make_task(task_kind what) const;

private:
  std::vector<std::string> inputs_;
  std::vector<std::string> parameters_, others_;
};

/// Parameters of a task as `--param` takes them, `NAME=VALUE`; texts of one name become a list.
/// \throws weir::error errc::invalid_argument for a name that the task does not have, or a value of another type.
codec::json::object read_parameters(task_kind what, const std::vector<std::string>& given);

/// The task with this name. \throws weir::error errc::invalid_argument, listing the known ones.
task_kind task_of(const std::string& name);
/// All tasks but chat, separated by commas.
std::string task_names();

} // namespace weir::inline v0::cli
