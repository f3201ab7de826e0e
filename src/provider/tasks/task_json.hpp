// Task requests from JSON, as given on a command line or in a file.
#pragma once

#include <string_view>
#include <vector>

#include <weir/task/request.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::provider {

/// Whether the input is an image or audio, and nothing else.
bool takes_media(task_kind) noexcept;
/// Whether it is an image with a question.
bool asks_about_image(task_kind) noexcept;

/// A request from an input and parameters under their documented names.
///
/// The input, by task: a text or a list of them; an object of a structured input (`question` and `context`,
/// `source_sentence` and `sentences`, `query` and `table`, a table itself); for image and audio tasks null, or a URL if
/// `attached` has none. Null parameters are absent.
/// \throws weir::error errc::invalid_argument for an input of the wrong kind.
task_request read_task(task_kind what, std::string model, const codec::json::value& input, std::vector<media> attached,
                       const codec::json::object& parameters);

} // namespace weir::inline v0::provider
