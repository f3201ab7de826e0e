// The arguments about the response cache.
#pragma once

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>

#include <weir/client/options.hpp>
#include <weir/task/call_options.hpp>

#include "client/call/http_operation.hpp"

namespace weir::inline v0::cli {

/// The file of a cache in this folder; of the command's own cache if that is empty.
/// \throws weir::error errc::invalid_configuration if the environment names no home.
std::string cache_file(const std::string& folder);

class cache_arguments {
public:
  cache_arguments() = default;
  void add_to(CLI::App& command);

  /// Gives the client the cache that is asked for, or takes away the configuration file's.
  /// \throws weir::error
  void apply(options& o) const;
  /// What the request wants of the cache.
  void apply(call_options& o) const;
  /// \throws weir::error errc::invalid_argument if a cache is asked for, and there are none of answers to such
  /// requests.
  void check(const http_operation& op) const;

private:
  std::string cache_, ttl_;
  bool none_ = false, refresh_ = false;
};

} // namespace weir::inline v0::cli
