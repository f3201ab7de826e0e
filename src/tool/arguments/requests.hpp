// Arguments that requests of several commands share.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>
#include <utility>

#include "codec/json/json.hpp"

namespace weir::inline v0::cli {

/// `--raw`, for commands with `--json`.
void add_raw(CLI::App& command, bool& raw);

/// Splits `name=value`, which was given with `option`. `form`: how to write it, for the error.
/// \throws weir::error errc::invalid_argument.
std::pair<std::string, std::string> split_parameter(const std::string& text, std::string_view option = "--param",
                                                    std::string_view form = "name=value");
/// A parameter's value: as JSON if it parses as such, else as a string.
codec::json::value parameter_value(const std::string& text);

} // namespace weir::inline v0::cli
