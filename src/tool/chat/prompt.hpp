// The prompt of a chat: what is typed, what is piped in, and the files that go with it.
#pragma once

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/task/chat.hpp>

namespace weir::inline v0::cli {

/// The files that go with a prompt, as a model gets them.
class attachments {
public:
  attachments() = default;
  bool empty() const noexcept { return names.empty(); }
  /// The user's message of a text and these: the text, the quoted files, and the others as parts.
  message with(std::string text) const;

  std::vector<std::string> names;
  std::string quoted;              ///< Text files, each under its name.
  std::vector<content_part> parts; ///< Images, audio and documents.
};

class prompt_arguments {
public:
  prompt_arguments() = default;
  void add_to(CLI::App& command);

  /// Whether the command line has one, apart from what may be on standard input.
  bool given() const noexcept { return has_words() || !files_.empty() || !images_.empty(); }
  bool has_words() const noexcept { return !words_.empty(); }

  /// \throws weir::error errc::invalid_argument if a file cannot be read, or all are larger than 64 MiB together;
  /// errc::cancelled if a signal arrived first.
  attachments files() const;

  /// The user's message: the words, the text on standard input (piped_text()) and the quoted files, with a blank line
  /// between them, and then images, audio and documents as parts. Empty if there is none of them. If there has to be a
  /// prompt (`needed`) and none is given, it is read from standard input, to its end. With `apart` the files and images
  /// are put there instead, as a message that can come before the question.
  /// \throws weir::error errc::invalid_argument if one cannot be read, or all are larger than 64 MiB together;
  /// errc::cancelled if a signal arrived first.
  std::optional<message> make(bool needed, std::optional<message>* apart = nullptr) const;

private:
  attachments read_files(std::size_t& left) const;

  std::vector<std::string> words_, files_, images_;
};

/// The message "no prompt: …" for a command that has none.
error no_prompt();

} // namespace weir::inline v0::cli
