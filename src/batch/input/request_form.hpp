// The forms that requests have in inputs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/batch/input.hpp>
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

/// What all rows have in common.
class form_options {
public:
  form_options() = default;
  named_files files = named_files::read;
  std::string media;                 ///< The member that names a file or a URL; empty: one of the usual names.
  codec::json::object parameters;    ///< Of the task, unless a row has its own.
  std::optional<std::string> prompt; ///< What a template has made of the row.
};

/// The same for a task. `file`: the row's path, where each file is a row.
formed form_task(task_kind what, const codec::json::object& o, const std::string& file, std::string_view where,
                 const form_options& how);

/// The row's file as a part of a chat's message: `file`, or what the member `how.media` names. Empty where the row has
/// neither. \throws weir::error errc::invalid_argument for a file that cannot be read, or is of no known type.
std::optional<content_part> part_of(const codec::json::object& o, const std::string& file, const form_options& how);

/// Whether a file may be a row: for tasks that take images or audio, and chats with a template.
bool takes_files(const batch_input& o) noexcept;

/// Gives a row a system message, unless it has one.
void put_system(codec::json::object& row, std::string text);

} // namespace weir::inline v0::input
