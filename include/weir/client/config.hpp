// Options from a file: weir.json.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <weir/client/options.hpp>

namespace weir {

/// Reads an environment variable; nullptr if it is not set.
using environment = std::function<const char*(const char*)>;

/// Where the configuration file is: `weir.json` in the working directory, then
/// `$XDG_CONFIG_HOME/weir/weir.json`, by default `~/.config/weir/weir.json`. Empty if it is in
/// neither place. `get` reads a variable; the default is the process's environment.
std::optional<std::string> find_config(const environment& get = {});

/// The options of a configuration file, with the credentials of the environment.
///
///     {
///       "provider": "groq",
///       "model": "llama-3.3-70b-versatile",
///       "deadline": "90s",
///       "keys": {"groq": ["GROQ_API_KEY", "GROQ_API_KEY_2"]},
///       "retry": {"attempts": 5},
///       "fallback": {"targets": ["cerebras/llama-3.3-70b", "openai/gpt-4o-mini"]}
///     }
///
/// Members have the names of the options and policies they set; durations are texts such as
/// "30s". What is not there keeps its default. Paths of files are relative to the file's folder.
/// Keys are never in a file: "keys" names environment variables, for a vendor's id or
/// "huggingface"; of several, those that are set make a key pool.
///
/// \throws weir::error errc::invalid_configuration in one line,
/// `weir.json: retry.attempts: must be a whole number of at least 1, not -3`: for a file that cannot
/// be read or is larger than 1 MiB, JSON that is malformed, unknown or repeated names, and
/// values of the wrong type or range. errc::malformed_key as from_environment().
options options_from_file(const std::string& path, const environment& get = {});

/// The same for a text. `name` stands for the file in errors; paths are relative to `folder`.
options options_from_json(std::string_view text, std::string_view name = "weir.json", const environment& get = {},
                          const std::string& folder = {});

/// Options of the file at `path`, else of the one that find_config() finds, else of the environment alone.
/// \throws as options_from_file().
options load_options(const std::optional<std::string>& path = {}, const environment& get = {});

} // namespace weir
