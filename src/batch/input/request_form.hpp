// The forms that requests have in inputs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/batch/item.hpp>
#include <weir/task/kind.hpp>

#include "batch/input/row.hpp"

namespace weir::inline v0::input {

/// A request, and the members of the row that it is made of.
class formed {
public:
  formed(batch_item::request_type r, std::vector<std::string> used) : request(std::move(r)), used(std::move(used)) {}
  batch_item::request_type request;
  std::vector<std::string> used;
};

/// The request that a row is: see batch_input. `where` begins messages.
/// \throws weir::error errc::invalid_argument for a row that is none.
formed form_request(const codec::json::object& o, bool table, std::string_view where);
/// Whether files that rows name are read, or only found: a first pass does not read a folder of audio.
enum class named_files { read, find };

/// The same for a task. `file`: the row's path, where each file is a row.
formed form_task(task_kind what, const codec::json::object& o, const std::string& file, std::string_view where,
                 named_files files);

/// Gives a row a system message, unless it has one.
void put_system(codec::json::object& row, std::string text);

} // namespace weir::inline v0::input
