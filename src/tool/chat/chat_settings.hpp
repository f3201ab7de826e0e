// The arguments that shape the answer of a chat, whatever its messages are.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/task/chat.hpp>

namespace weir::inline v0::cli {

/// `--max-tokens`, `--temperature`, `--format`, `--param` and so on.
class chat_settings {
public:
  chat_settings() = default;
  void add_to(CLI::App& command);
  /// A request without messages. \throws weir::error errc::invalid_argument.
  chat make() const;

  /// What `--param` was given.
  const std::vector<std::string>& parameters() const noexcept { return extra_; }

private:
  std::string response_format_, reasoning_effort_;
  std::vector<std::string> stop_, extra_;
  std::optional<std::int64_t> max_tokens_;
  std::optional<double> temperature_, top_p_;
  std::optional<std::uint64_t> seed_;
  bool no_usage_ = false;
};

/// Gives a request what it does not say itself.
void fill(chat& ask, const chat& with);

} // namespace weir::inline v0::cli
