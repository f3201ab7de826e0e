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

/// From now on the first SIGINT or SIGTERM asks the command to finish what it has begun, which may take its time: it is
/// told by wants_end(), and is not received() yet. The next one is the first that counts, as after watch().
void finish_first() noexcept;
/// That signal; 0 if it has not come.
int wants_end() noexcept;

/// From now on SIGUSR1 asks for a report, and ends nothing.
void report_on_request() noexcept;
/// Whether one was requested since this was last called.
bool take_report_request() noexcept;

/// Empties descriptor(), for a caller that waits for it more than once. What is received() stays so.
void drain_descriptor() noexcept;

/// The first signal received, or a SIGINT to be taken; 0 if none was.
int received() noexcept;
/// When the last one was received, in ns of CLOCK_MONOTONIC.
long long received_at() noexcept;

/// Readable while received() is not 0; -1 before watch().
int descriptor() noexcept;

} // namespace weir::inline v0::cli::signals
