// One turn of a conversation: a request, its answer, and the file that keeps both.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>

#include <weir/client/client.hpp>

#include "tool/chat/conversation_file.hpp"
#include "tool/output/printer.hpp"
#include "tool/session.hpp"

namespace weir::inline v0::cli {

/// How turns are made and shown.
class turn {
public:
  explicit turn(printer out) : out(std::move(out)) {}
  printer out;
  bool streamed = true;
  bool quiet = false;
  bool typed = false;       ///< One of several, on a terminal.
  std::string target_words; ///< common_options::target_words(), for the command that goes on.
};

/// Sends the request, prints the answer as it arrives and adds it to the conversation, which is then saved: also what
/// arrived of an answer that failed or was cancelled. One of which nothing arrived leaves both as they were.
/// An answer that cannot be saved is one line on stderr, and exit code 7 if nothing else failed.
/// Object lifetimes: `c`, `last`, `talk` and `file` outlive it.
/// \throws output_error once the conversation is saved.
boost::asio::awaitable<int> take_turn(client& c, const last_call& last, turn kind, chat request, conversation& talk,
                                      conversation_file& file);

} // namespace weir::inline v0::cli
