// Paths of user-given URLs, and the routes below them.
#pragma once

#include <string>
#include <string_view>

#include <weir/task/kind.hpp>

namespace weir::inline v0::provider {

/// A version at the end of a path, `v1`, `v1beta`, `v3`, says that the routes are below it.
bool ends_in_version(std::string_view path);
/// The same for an OpenAI-compatible API next to a native one: `/v1beta/openai`, Azure's `/openai/deployments/NAME`.
bool ends_in_front(std::string_view path);
/// A path that itself says where an OpenAI-compatible API is.
bool names_api(std::string_view path);

/// The route of chat or text generation below a path of an OpenAI-compatible API, which may itself name either of them.
std::string completions_path(std::string path, task_kind what);
/// A dialect's path below a path, which may hold the beginning of it, or all, or another version of it.
std::string own_path(std::string path, const std::string& own);
/// Whether a path ends in the beginning of a vendor's own route, or in all of it.
bool begins_route(std::string_view path, std::string_view own);
/// What is left of a task's route below a path that holds its beginning up to the version, or another version.
std::string_view below_base(std::string_view base, std::string_view route);

} // namespace weir::inline v0::provider
