// The arguments that describe a chat, shared by the commands that send and explain it.
#pragma once

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

#include <weir/task/chat.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::cli {

class chat_arguments {
public:
  chat_arguments() = default;
  void add_to(CLI::App& command);
  /// \throws weir::error errc::invalid_argument.
  chat make() const;

private:
  std::vector<std::string> prompt_; // words
  std::string system_, response_format_, reasoning_effort_;
  std::vector<std::string> stop_, images_, extra_;
  std::optional<std::int64_t> max_tokens_;
  std::optional<double> temperature_, top_p_;
  std::optional<std::uint64_t> seed_;
  bool no_usage_ = false;
};

/// `--raw`, for commands with `--json`.
void add_raw(CLI::App& command, bool& raw);

/// Splits `name=value`. \throws weir::error errc::invalid_argument.
std::pair<std::string, std::string> split_parameter(const std::string& text);
/// A parameter's value: as JSON if it parses as such, else as a string.
codec::json::value parameter_value(const std::string& text);

} // namespace weir::inline v0::cli
