// Manual pages, made from what the help is made of.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::cli {

/// The name of a command's page: weir, weir-chat.
std::string man_name(const CLI::App& command);

/// The page of `weir` or one of its commands in man(7)'s macros, its own commands included; UTF-8.
/// `version` is that of the page's footer.
std::string man_page(const CLI::App& command, std::string_view version);

} // namespace weir::inline v0::cli
