// What went wrong, in the words of the command.
#pragma once

#include <string>
#include <string_view>

#include <weir/core/error.hpp>

namespace weir::inline v0::cli {

/// The library's message in the words of the command: where it says `first_token_timeout`, a setting of a program, this
/// says `--first-token-timeout`. A field of a configuration file, as in `weir.json: deadline: …`, keeps its name.
std::string in_options(std::string_view message);

/// The failure's message, and what the server says, which stays as it is.
std::string describe(const failure& f);

} // namespace weir::inline v0::cli
