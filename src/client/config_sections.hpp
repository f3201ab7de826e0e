// The sections of a configuration file, one function for each.
#pragma once

#include <string>

#include <weir/client/config.hpp>
#include <weir/policy/target.hpp>

#include "client/config_reader.hpp"

namespace weir {

/// `id` if a provider has it; else `where` is refused.
std::string read_provider(std::string id, const config_value& where);
/// `"provider/model"`, or an object with provider, model, base_url and key.
target read_target(const config_value& v);
/// An absolute http or https URL.
std::string read_url(const config_value& v);

void read_connection(config_object& root, options& o, const std::string& folder);
void read_headers(const config_value& v, options& o);
void read_keys(const config_value& v, const environment& get, options& o);

} // namespace weir
