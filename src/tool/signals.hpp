// SIGINT, SIGTERM and SIGHUP: the first asks the command to end, the second ends it.
#pragma once

namespace weir::cli::signals {

/// From now on the first signal is only noted, and whoever waits has to look: at descriptor() beside what it
/// waits for. A second one, or four seconds after the first, ends the process. A hang-up is no second one: a terminal
/// that is closed tells of it twice. What the parent had ignored (nohup, a shell's job in the background) stays so.
void watch();

/// The first signal that came; 0 if none has.
int received() noexcept;

/// Readable from the first signal on; -1 before watch().
int descriptor() noexcept;

} // namespace weir::cli::signals
