// Which of a program's keys goes where.
#pragma once

#include <string>
#include <vector>

#include <weir/client/options.hpp>
#include <weir/task/target.hpp>

#include "client/keys/configured_origins.hpp"

namespace weir::inline v0 {

/// Whether the target goes to a URL that a request named as its model, and that the program did not: it is called as
/// nobody.
bool chosen_by_request(const target& to, const configured_origins& configured);

/// The key of a call to `to`: the one that the target names, else the key for everything, else the provider's own or
/// Hugging Face's. Beyond the configured origins a key goes only where a target of the program's own names both.
key_source key_for(const credentials& keys, const target& to, const configured_origins& configured);

/// Where a person finds the key of a call, for messages: its name, or the variables of the provider.
std::string place_of_key(const std::string& name, const std::string& provider,
                         const std::vector<std::string>& variables);

/// The options with a key for each of their own vendors that has none in the credentials but in its variables.
/// \throws weir::error errc::malformed_key naming the variable, never the key.
options with_vendor_keys(options o);

} // namespace weir::inline v0
