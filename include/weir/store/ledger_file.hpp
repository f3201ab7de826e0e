// A ledger in a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <weir/cost/ledger.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// How a ledger's file is kept.
class ledger_options {
public:
  ledger_options() = default;

  /// A file that is larger than this is renamed to `PATH.1`, what was that to `PATH.2`, and so on; 0: never.
  /// Default: 0.
  WEIR_VALUE(ledger_options, std::uint64_t, max_bytes)
  /// How many renamed files are kept; the oldest is deleted. At least 1. Default: 8.
  WEIR_VALUE(ledger_options, unsigned, keep)
  /// Whether calls stop while entries cannot be written: they fail with errc::not_saved, and nothing is sent. Whether
  /// they can is tried before the first call, by writing an empty line. Default:
  /// false: calls go on, and the entries that are lost are counted.
  WEIR_VALUE(ledger_options, bool, required)
  /// Called when an entry is lost after none was, with the reason; also when they can be written again, with an empty
  /// reason and how many were lost. Inside a call, on its thread, or on the ledger's own: must not block. Default:
  /// none.
  using loss_hook = std::function<void(const std::string& why, std::uint64_t lost)>;
  WEIR_FIELD(ledger_options, loss_hook, on_loss)
  /// Entries that follow one another within this time are written together: an entry after a quiet time is written at
  /// once, the next ones at the latest so much later, by a thread that is started for that. Zero: each at once, as it
  /// is where `required`, and for what is not a regular file. At most 1 s. Default: 5 ms.
  WEIR_VALUE(ledger_options, duration, gather)

private:
  std::uint64_t max_bytes_ = 0;
  unsigned keep_ = 8;
  bool required_ = false;
  loss_hook on_loss_;
  duration gather_ = std::chrono::milliseconds(5);
};

/// A ledger of JSON lines: an object for each entry, its fields documented in docs/cost.md. Lines are written whole,
/// one or several at a time: what a crash of the machine or a full disk tears apart is not read as an entry. A process
/// that is killed (SIGKILL, abort(), _exit()) loses the entries of the last ledger_options::gather(), and none if that
/// is zero. None is lost when the ledger is destroyed, when main() returns or exit() is called, and read_ledger() in
/// the same process finds all. Several processes may write to the same file; one that forks may go on writing in both.
/// If the file is renamed or deleted, a new one is begun within a second. Thread safety: safe.
class ledger_file : public ledger {
public:
  struct state {
    state() = default;
    std::uint64_t written = 0; ///< Entries, by this object; not those that are still gathered.
    std::uint64_t lost = 0;
    std::string failure; ///< Why the last entry was lost; empty if it was not.
  };
  virtual state inspect() const = 0;
  /// Adds to ledger_options::on_loss().
  virtual void on_loss(ledger_options::loss_hook also) = 0;
  virtual const std::string& path() const noexcept = 0;
  /// Instead of ledger_options::gather(). Writes what is gathered.
  /// \throws weir::error errc::invalid_configuration for what that does not allow.
  virtual void gather(duration most) = 0;
  /// Writes what is gathered: afterwards every entry that was added before is with the operating system, or is lost and
  /// told.
  virtual void flush() noexcept = 0;
};

/// Opens the ledger at `path`, which is made, readable for its owner only, if it is not there.
/// \throws weir::error errc::invalid_configuration if it cannot be opened for writing, or an option is wrong.
std::shared_ptr<ledger_file> open_ledger(std::string path, ledger_options o = {});

/// What was found in a ledger's file.
struct ledger_contents {
  ledger_contents() = default;
  std::uint64_t entries = 0;       ///< Passed on.
  std::uint64_t damaged = 0;       ///< Lines that are no entries: torn ones, or of a later version.
  std::uint64_t first_damaged = 0; ///< The number of the first such line, from 1.
};

/// Reads the ledger at `path`, and before it what was renamed to `PATH.1`, `PATH.2` …, oldest first: each entry that is
/// not older than `since`. Damaged lines are counted and passed over. `each` may throw, which ends it.
/// \throws weir::error errc::invalid_argument if there is no such file or it cannot be read.
ledger_contents read_ledger(const std::string& path, const std::function<void(const ledger_entry&)>& each,
                            std::chrono::system_clock::time_point since = {});

/// An entry as its line, without the line break; and back. Empty for what is no entry.
std::string to_line(const ledger_entry& e);
std::optional<ledger_entry> parse_ledger_line(std::string_view line);

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
