// The arguments that describe a request, shared by the commands that send and explain it.
#pragma once

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

#include <weir/task/chat.hpp>
#include <weir/task/text_generation.hpp>

namespace weir::cli {

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
};

class task_arguments {
public:
  task_arguments() = default;
  void add_to(CLI::App& command);
  /// \throws weir::error errc::invalid_argument.
  text_generation make_generation() const;

private:
  std::string input_;
  std::vector<std::string> parameters_;
};

} // namespace weir::cli
