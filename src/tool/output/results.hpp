// Prints task results as text.
#pragma once

#include <any>
#include <functional>
#include <string_view>

#include <weir/task/request.hpp>
#include <weir/task/results.hpp>

namespace weir::inline v0::cli {

/// Passes the result to `out` as lines of text; files in memory as their bytes.
void print_result(const std::any& result, const std::function<void(std::string_view)>& out);

/// Whether the task produces one or more files.
bool gives_files(task_kind) noexcept;

} // namespace weir::inline v0::cli
