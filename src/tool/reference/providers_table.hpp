// The providers as a table for people and as JSON lines. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/task/kind.hpp>

#include "client/config/named_key.hpp"

namespace weir::inline v0::cli {

/// Whose key calls to a provider are made with.
enum class key_state : unsigned char {
  missing,
  own,    ///< The provider's own: calls go to it directly.
  hub,    ///< Hugging Face's: calls go through its router.
  unused, ///< None is needed.
};

/// What weir knows about a provider, and whether it can be called.
class provider_row {
public:
  provider_row() = default;
  std::string id;
  std::vector<std::string> variables; ///< Of its own key, or HF_TOKEN.
  std::string variable;               ///< The one of them that is set; else the first, or none.
  key_state key = key_state::missing;
  std::string dialect; ///< Of its chat; empty if it has none.
  std::string url;     ///< Of its API; empty if the user has to give it.
  std::vector<task_kind> tasks;
};

/// All providers by name, after `auto`; then the vendors of the options, and last `tgi` and `custom`, which are called
/// by their URL. `get` reads an environment variable.
std::vector<provider_row> all_providers(const loaded_options& given,
                                        const std::function<const char*(const char*)>& get);

/// Two lines for each provider, at most 100 columns wide.
std::string providers_table(const std::vector<provider_row>& all);

/// One object.
std::string to_json(const provider_row& p);

} // namespace weir::inline v0::cli
