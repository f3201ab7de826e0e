// The arguments that describe a chat, shared by the commands that send and explain it.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include <weir/task/chat.hpp>

#include "tool/chat/chat_settings.hpp"
#include "tool/chat/conversation.hpp"
#include "tool/chat/prompt.hpp"

namespace weir::inline v0::cli {

class chat_arguments {
public:
  chat_arguments() = default;
  void add_to(CLI::App& command);

  /// Whether there is something to send besides files, and what may be on standard input.
  bool has_request() const noexcept;
  /// The files that go with the first prompt. \throws weir::error errc::invalid_argument if one cannot be read.
  attachments files() const { return prompt_.files(); }
  /// The file of --continue; empty if that is not given. \throws weir::error errc::invalid_argument.
  std::string continued() const;

  /// The request without its messages. \throws weir::error errc::invalid_argument.
  chat settings() const;
  /// The conversation without the prompt: what --continue, --messages, --system and --tool-result say.
  /// \throws weir::error errc::invalid_argument; errc::cancelled if a signal arrived first.
  conversation beginning() const;
  /// The conversation with the prompt. \throws as beginning(), also if there is nothing to send.
  conversation whole() const;
  /// The request. \param own_target the command line says which model to ask, so that the conversation's does not
  /// count.
  /// \throws as whole().
  chat make(bool own_target = false) const;

private:
  prompt_arguments prompt_;
  chat_settings settings_;
  std::string system_, continue_, messages_, conversation_;
  std::vector<std::string> results_;
  bool cache_prefix_ = false;
};

} // namespace weir::inline v0::cli
