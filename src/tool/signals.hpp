// SIGINT, SIGTERM and SIGHUP: the first asks the command to end, the second ends it.
#pragma once

namespace weir::inline v0::cli::signals {

/// From now on the first signal is only recorded: code that blocks must poll descriptor() as well. A second one, or
/// four seconds after the first, ends the process. A second SIGHUP does not count: a terminal that closes may send
/// two. Signals that the parent ignored (nohup, a shell's background job) stay ignored.
void watch();

/// The first signal received; 0 if none was.
int received() noexcept;

/// Readable from the first signal on; -1 before watch().
int descriptor() noexcept;

} // namespace weir::inline v0::cli::signals
