// The keys that configuration files name, for programs that tell about them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <weir/client/config.hpp>

namespace weir::inline v0 {

struct alert;

/// A key as a configuration file names it: by the environment variables that hold it.
class named_key {
public:
  named_key() = default;
  /// None of the variables is set.
  bool missing() const noexcept { return unset.size() == variables.size(); }
  /// `weir.json: keys.groq: GROQ_API_KEY is not set: set it to the key`; empty if all of the variables are set.
  std::string problem() const;

  std::string place;    ///< `weir.json: keys.groq`
  std::string provider; ///< A provider's id, or `huggingface`; empty for the key of a target.
  std::vector<std::string> variables;
  std::vector<std::string> unset; ///< Those of them that are not set.
};

/// Options, and the keys that their files name.
class loaded_options {
public:
  loaded_options() = default;
  /// The variables of a provider's key, as the last file that names one says; nullptr if none does.
  const named_key* key_of(const std::string& provider) const noexcept;

  options settings;
  std::vector<named_key> keys;
};

/// The same as load_options(), with what it found out. \throws as that.
/// `alert_line`: where alerts go that are to be on stderr, for programs with something else on the terminal; empty:
/// there.
loaded_options load_with_keys(const std::optional<std::string>& path = {}, const environment& get = {},
                              const std::function<void(const alert&)>& alert_line = {});

} // namespace weir::inline v0
