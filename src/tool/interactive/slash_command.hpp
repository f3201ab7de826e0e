// The commands of a conversation: /model NAME, /save FILE and so on.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace weir::inline v0::cli {

class slash_command {
public:
  enum class kind {
    none, ///< A prompt.
    help,
    model,
    save,
    result,
    clear,
    quit,
    unknown,
  };

  /// One that begins with a slash; a prompt may do so after a space, or in several lines, which only /result takes.
  explicit slash_command(std::string_view text);

  kind what() const noexcept { return what_; }
  const std::string& name() const noexcept { return name_; }
  /// The rest of the line, without the spaces around it; `~/` is the home directory.
  const std::string& argument() const noexcept { return argument_; }
  /// The first word of that, and the rest, where `@~/` is a file in the home directory.
  std::pair<std::string, std::string> two_arguments() const;

private:
  kind what_ = kind::none;
  std::string name_, argument_;
};

/// What /help shows.
std::string_view slash_help() noexcept;

} // namespace weir::inline v0::cli
