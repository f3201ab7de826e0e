// Prints task results, as text and as JSON.
#pragma once

#include <any>
#include <functional>
#include <string_view>

#include <weir/task/request.hpp>
#include <weir/task/results.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::cli {

/// The result as JSON: the members of its class; media as type, size and path or URL, or as base64 if
/// their bytes are in memory.
codec::json::value to_json(const std::any& result);
/// Passes the result to `out` as lines of text; files in memory as their bytes.
void print_result(const std::any& result, const std::function<void(std::string_view)>& out);

/// Whether the task produces one or more files.
bool gives_files(task_kind) noexcept;

} // namespace weir::inline v0::cli
