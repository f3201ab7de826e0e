// Results of tasks for people and as JSON.
#pragma once

#include <any>
#include <functional>
#include <string_view>

#include <weir/task/request.hpp>
#include <weir/task/results.hpp>

#include "codec/json/json.hpp"

namespace weir::cli {

/// The result as JSON: the members of its class; media as their type, size and where they are, or their
/// bytes in base64 where they are in memory.
codec::json::value to_json(const std::any& result);
/// Gives the result to `out` as lines of text; what is a file in memory, as its bytes.
void print_result(const std::any& result, const std::function<void(std::string_view)>& out);

/// Whether the task's result is a file, or several.
bool gives_files(task_kind) noexcept;

} // namespace weir::cli
