// Options from a file: weir.json.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/client/options.hpp>
#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// Reads an environment variable; nullptr if it is not set.
using environment = std::function<const char*(const char*)>;

/// The configuration files that apply, in the order in which they are read: the user's own,
/// `$XDG_CONFIG_HOME/weir/weir.json`, by default `~/.config/weir/weir.json`, then `weir.json` in the working
/// directory. Those that do not exist are left out. `get` reads a variable; the default is the process's environment.
std::vector<std::string> find_configs(const environment& get = {});

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
/// Members are named after the options and policies they set; durations are strings such as "30s". Missing members keep
/// their defaults. File paths are relative to the file's folder. Keys are never in a file: "keys" names environment
/// variables, for a vendor's id or "huggingface"; if several of them are set, they make a key pool.
///
/// \throws weir::error errc::invalid_configuration in one line,
/// `weir.json: retry.attempts: must be a whole number of at least 1, not -3`: for a file that cannot
/// be read or is larger than 1 MiB, JSON that is malformed, unknown or repeated names, and
/// values of the wrong type or range. errc::malformed_key as from_environment().
options options_from_file(const std::string& path, const environment& get = {});

/// The same for JSON text. `name` stands for the file in errors; paths are relative to `folder`.
options options_from_json(std::string_view text, std::string_view name = "weir.json", const environment& get = {},
                          const std::string& folder = {});

/// Options of the file at `path`, else of those that find_configs() finds, else of the environment alone.
///
/// A member of the working directory's file replaces the user's own of that name. Whoever wrote that file need not be
/// the program's user: it may set models, limits and policies among the providers that the user has keys for, but
/// anything that decides where prompts and keys go is refused there: base_url, proxy, unix_socket, ca_file,
/// client_certificate, client_key, headers, keys, a target's base_url or key, and a URL as model.
/// \throws as options_from_file().
options load_options(const std::optional<std::string>& path = {}, const environment& get = {});

WEIR_END_NAMESPACE
