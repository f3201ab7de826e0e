// SIGINT, SIGTERM and SIGHUP: the first asks the command to end, the second ends it.
#pragma once

namespace weir::inline v0::cli::signals {

/// From now on the first signal is only recorded: code that blocks must poll descriptor() as well. A second one, or
/// four seconds after the first, ends the process. A second SIGHUP does not count: a terminal that closes may send
/// two. Signals that the parent ignored (nohup, a shell's background job) stay ignored.
void watch();

/// From now on SIGINT ends what is going on and not the process: it counts as received until it is taken. A second one
/// before that ends the process.
void converse() noexcept;
/// Whether a SIGINT was received that is not taken yet; takes it.
bool take_interrupt() noexcept;

/// The first signal received, or a SIGINT to be taken; 0 if none was.
int received() noexcept;
/// When the last one was received, in ns of CLOCK_MONOTONIC.
long long received_at() noexcept;

/// Readable while received() is not 0; -1 before watch().
int descriptor() noexcept;

} // namespace weir::inline v0::cli::signals
