// The ledgers of this process that may hold entries back for a moment.
#pragma once

#include <memory>

namespace weir::inline v0::store {

/// Thread safety: safe.
class holding_back {
public:
  virtual ~holding_back() = default;
  /// Writes what is held back.
  virtual void write_all() noexcept = 0;
  /// Writes it, and holds back nothing from now on: the process ends.
  virtual void retire() noexcept = 0;
  /// Writes it, and stands still until let_go(): the process makes a copy of itself, in which it must not be written
  /// again.
  virtual void hold_still() noexcept = 0;
  /// \param copied in the copy, where no other thread runs.
  virtual void let_go(bool copied) noexcept = 0;
};

/// From now on it is told of the end of the process by exit(), and of fork().
void remember_open(const std::shared_ptr<holding_back>& one);
/// Writes what any of them holds back.
void write_open_ledgers() noexcept;

} // namespace weir::inline v0::store
