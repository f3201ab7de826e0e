// The options of every command that calls a provider.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include <weir/client/options.hpp>

#include "client/config/named_key.hpp"
#include "tool/arguments/cache_arguments.hpp"
#include "tool/arguments/cost_options.hpp"

namespace weir::inline v0::cli {

/// The common options, as given on the command line.
class common_options {
public:
  common_options() = default;

  void add_to(CLI::App& command);
  /// The same for a command that makes many calls: `--deadline` is the job's own, and that of a call `--call-deadline`.
  void add_to_job(CLI::App& command);
  /// The options about money, for commands whose calls are paid for.
  void add_cost_to(CLI::App& command);
  /// The same for a command that only shows what would be sent: nothing is written, and no cache is opened.
  void add_shown_cost_to(CLI::App& command);
  /// The options of the configuration file, if there is one, overridden by those of the command line.
  /// \throws weir::error for values that cannot be used.
  weir::options make() const { return read().settings; }
  /// The same, with the keys that the file names.
  /// `unset`: the variable of --api-key-env if that is not set, which is then no error.
  loaded_options read(std::string* unset = nullptr) const;
  /// The configuration files that make() reads, in order.
  std::vector<std::string> config_files() const;

  /// Whether the command line says where to call, or which model.
  bool names_target() const noexcept;
  /// The model of the command line; empty if it has none.
  std::string model() const;
  /// The options that say where to call, as a shell takes them, each with a space before it: for a command that is
  /// proposed. Headers are not among them, since they may be secrets.
  std::string target_words() const;

  /// What each request wants beside its own parameters: tags, and a new answer in place of the cached one.
  call_options for_each_call() const;

  bool json = false;
  bool verbose = false;
  bool quiet = false;
  /// Of the commands that call add_to() of it themselves.
  cache_arguments cache;

private:
  void add_target_to(CLI::App& command);
  void add_limits_to(CLI::App& command);
  void key_to(weir::options& o, std::string* unset) const;
  void where_to(weir::options& o) const;
  void own_server(weir::options& o) const;

  std::string config_, provider_, model_, base_url_, key_variable_, key_header_, bill_to_, ca_file_, proxy_,
      unix_socket_;
  std::string client_certificate_, client_key_;
  std::string deadline_, first_token_timeout_, token_timeout_, connect_timeout_;
  bool wait_ = false, no_wait_ = false;
  std::optional<bool> http2_;
  int retries_ = -1; // not given: the file's, or the default
  std::vector<std::string> fallbacks_;
  std::string hedge_;
  std::vector<std::string> headers_, query_;
  std::optional<std::string> key_scheme_;
  const char* deadline_name_ = "--deadline";
  cost_options cost_;
  bool pays_ = false;
  bool only_shows_ = false;
};

/// A word as a shell takes it: quoted where it has to be.
std::string for_shell(const std::string& word);

/// Says on stderr which of the keys that the files name are not set, a line each.
void tell_unset_keys(const loaded_options& given);

/// Reads an argument: the text itself, `-` for standard input, `@FILE` for a file; 64 MiB at most.
/// \throws weir::error errc::invalid_argument if it cannot be read.
std::string read_input(const std::string& given);

/// The contents of a file of at most 64 MiB. \throws weir::error errc::invalid_argument.
std::string read_file(const std::string& path);

} // namespace weir::inline v0::cli
