// A conversation on a terminal.
#pragma once

#include <weir/task/chat.hpp>

#include "tool/chat/prompt.hpp"
#include "tool/session.hpp"
#include "tool/turn.hpp"

namespace weir::inline v0::cli {

/// Whether stdin, stdout and stderr are all terminals.
bool on_terminal() noexcept;

/// Reads prompts and prints their answers, until Ctrl-D, /quit or a signal. Returns the exit code.
/// \param settings the requests without their messages.
/// \param files what goes with the first prompt.
/// \throws output_error if the terminal cannot be written to; what was said is saved before.
int converse(session& with, turn kind, const chat& settings, conversation talk, conversation_file file,
             attachments files);

} // namespace weir::inline v0::cli
