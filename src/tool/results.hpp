// Results of tasks for people and as JSON.
#pragma once

#include <any>
#include <cstdio>

#include <weir/task/request.hpp>
#include <weir/task/results.hpp>

#include "codec/json.hpp"

namespace weir::cli {

/// The result as JSON: the members of its class; media as their type, size and where they are, or their
/// bytes in base64 where they are in memory.
codec::json::value to_json(const std::any& result);
/// The result as lines of text; what is one file in memory, as its bytes.
void print_result(const std::any& result, std::FILE* out);

/// Whether the task's result is a file, or several.
bool gives_files(task_kind) noexcept;

} // namespace weir::cli
