// A conversation: what was said so far.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <weir/task/chat.hpp>
#include <weir/task/completion.hpp>

namespace weir::inline v0::cli {

/// The messages of a chat that may go on.
/// Thread safety: none.
class conversation {
public:
  conversation() = default;

  std::vector<message> messages;
  std::string model; ///< The one that was asked last; empty for the client's default.

  /// Makes this the system message, in place of one at the beginning.
  void set_system(std::string text);
  /// Adds the result of a tool call that the model is waiting for, as given with `option`.
  /// \throws weir::error errc::invalid_argument, naming the calls it is waiting for, if this is none of them.
  void add_result(const std::string& id, std::string result, std::string_view option = "--tool-result");
  /// The same for a result as it is typed after a command: a text, or `@FILE` for a file's.
  /// \throws also if the file cannot be read.
  void add_typed_result(const std::string& id, const std::string& given, std::string_view command);
  /// Adds what arrived of an answer. False if nothing did.
  bool add_answer(const completion& c);

  /// The tool calls of the last answer that have no result yet.
  std::vector<tool_call> open_calls() const;
  /// Puts model and messages into a request.
  /// \throws weir::error errc::invalid_argument if a tool's result is missing, or all is larger than can be sent.
  void put_into(chat& ask) const;
};

/// `call_1 (weather), call_2 (time)`
std::string names_of(const std::vector<tool_call>& calls);

/// An answer's text and its tool calls as a message to send back.
message assistant_message(const std::string& text, std::vector<tool_call> calls);

} // namespace weir::inline v0::cli
