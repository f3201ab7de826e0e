// Whether a conversation can reach anybody.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <weir/client/options.hpp>

namespace weir::inline v0::cli {

/// Looks for a target of these options that a chat can be sent to: its provider is known, and its key is there. Nothing
/// is sent.
/// \throws weir::error as the chat itself would, if there is none: about the first target.
boost::asio::awaitable<void> check_targets_of_chat(options o);

} // namespace weir::inline v0::cli
