// A journal: records on disk that survive whatever ends the process.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <weir/core/error.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// A record of a journal.
struct journal_record {
  journal_record() = default;
  journal_record(std::uint8_t kind, std::string id, std::string payload)
      : kind(kind), id(std::move(id)), payload(std::move(payload)) {}

  /// What it says, in the caller's words. Of the records of one id, the last one of a kind below 128 is the id's state,
  /// which find() tells; records of other kinds are only kept, and read back by scan().
  std::uint8_t kind = 0;
  std::uint64_t index = 0;       ///< The item's place in its input; the caller's.
  std::uint64_t fingerprint = 0; ///< Of what was asked; the caller's.
  std::string id;                ///< At most 64 KiB.
  std::string payload;           ///< At most 1 GiB.
};

/// How a journal is kept.
class journal_options {
public:
  journal_options() = default;

  /// What the job is, in a line or a JSON text: kept in the journal's first record, and compared when it is opened
  /// again. At most 1 MiB.
  WEIR_FIELD(journal_options, std::string, settings)
  /// Opens a journal with other settings than these all the same, and replaces them. Default: false.
  WEIR_VALUE(journal_options, bool, force)
  /// Records wait for one another before they are synced, at most for so long; 0: not at all. At most 1 minute.
  /// Default: 5 ms.
  WEIR_VALUE(journal_options, std::chrono::milliseconds, sync_interval)
  /// Or until so many wait; at least 1. Default: 64.
  WEIR_VALUE(journal_options, std::size_t, sync_records)
  /// Bytes of records that may wait to be written; a caller of append() waits beyond it. Default: 64 MiB.
  WEIR_VALUE(journal_options, std::size_t, max_waiting)

private:
  std::string settings_;
  bool force_ = false;
  std::chrono::milliseconds sync_interval_{5};
  std::size_t sync_records_ = 64;
  std::size_t max_waiting_ = std::size_t{64} << 20;
};

/// An append-only file of checksummed records, in which each id has a state. What append() has confirmed survives
/// `kill -9` and the loss of power. What was written and not yet synced then may be torn: it is cut off when the
/// journal is opened. A record that is damaged although it had been synced, as later records tell, is refused. One
/// process at a time has a journal open. Memory: at most 64 bytes an id.
///
///     auto journal = weir::open_journal("out.jsonl.journal", weir::journal_options().settings(settings));
///     journal->append(record, [](weir::error_code ec) { … });
///
/// Failures of the disk are final: once a write or sync has failed, every later append() fails with the same error,
/// because the system may have dropped what it could not write. Opening the journal again shows what is there.
/// Thread safety: safe. Callbacks run on the journal's own thread, in the order of the records, must not block, and
/// must not throw; they may append() with a callback. Object lifetimes: the destructor writes and syncs what waits,
/// calls every callback, and ends the thread; it must not run in a callback. A child of fork() must not use the
/// journal, and keeps it locked until it ends or runs exec().
class journal {
public:
  /// The state of an id.
  struct entry {
    entry() = default;
    std::uint8_t kind = 0;
    std::uint64_t fingerprint = 0;
    std::uint64_t position = 0; ///< For read().
  };
  using callback = std::function<void(error_code)>;

  virtual ~journal() = default;

  /// Takes a record, and calls `done` (if it is not empty) once it is synced, or has failed: errc::not_saved, and
  /// failure() says why. Blocks only while more than journal_options::max_waiting() bytes wait, and never in a
  /// callback.
  /// \throws weir::error errc::invalid_argument: its id or payload is too large; std::bad_alloc. It is not taken then.
  virtual void append(journal_record r, callback done) = 0;
  /// append(), and waits for it; it is synced at once. Not for callbacks. \throws weir::error errc::not_saved, or as
  /// above.
  virtual void append(journal_record r) = 0;
  /// Sets room on the disk aside for so many bytes of records behind those that were appended, heads included, so that
  /// they can be written whatever fills the disk meanwhile. What is left of it is given back when the journal is
  /// closed. \returns false if there is not so much, or records are no longer saved. Where the file system can set
  /// nothing aside, it tells whether there is so much now. Default: true.
  virtual bool reserve(std::uint64_t bytes) {
    static_cast<void>(bytes);
    return true;
  }
  /// Why records are no longer saved; no failure while they are.
  virtual weir::failure failure() const { return {}; }

  /// The state of an id, as appended: also before it is synced. Empty if it has none.
  virtual std::optional<entry> find(std::string_view id) const = 0;
  /// How many ids have this state.
  virtual std::uint64_t count(std::uint8_t kind) const = 0;
  /// The record at an entry's position, also before it is synced. \throws weir::error errc::not_saved if it cannot be
  /// read back.
  virtual journal_record read(std::uint64_t position) const = 0;
  /// Every record that is synced, in the order in which they were appended, superseded ones included; `each` may throw,
  /// which ends it. `current`: whether the record is its id's state. Reads the file once, and keeps one record in
  /// memory; what is appended meanwhile is not seen.
  /// \throws weir::error errc::not_saved if it cannot be read back.
  virtual void
  scan(const std::function<void(const journal_record& r, std::uint64_t position, bool current)>& each) const = 0;

  /// The settings that it was begun with, or last forced.
  virtual const std::string& settings() const noexcept = 0;
  /// Whether it was there when it was opened.
  virtual bool resumed() const noexcept = 0;
  /// The position of the first record that is appended after it was opened: those of an earlier run come before it.
  virtual std::uint64_t begun_at() const noexcept = 0;
  /// How many bytes of torn records were cut off when it was opened.
  virtual std::uint64_t cut() const noexcept = 0;
  virtual const std::string& path() const noexcept = 0;
};

/// Opens the journal at `path`, or begins one there, readable for its owner only; its directory is synced.
/// \throws weir::error errc::invalid_configuration, saying which: another process has it open (told at once), it is of
/// another version or no journal, is damaged in the middle (where), has other settings (what they were), or the file
/// cannot be opened, read or written.
std::unique_ptr<journal> open_journal(const std::string& path, journal_options o = {});

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
