// The file under a ledger: whole lines are appended to it, whatever others do to it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/descriptor.hpp"

namespace weir::inline v0::store {

/// Thread safety: none.
class ledger_sink {
public:
  using steady = std::chrono::steady_clock;

  /// What became of some lines.
  struct result {
    result() = default;
    std::size_t lines = 0; ///< Those that are whole in the file.
    int error = 0;         ///< The system's; 0 if all are.
  };

  /// \param max_bytes a file that has as many is renamed before the next line; 0: never.
  /// \param keep how many renamed files are kept.
  ledger_sink(std::string path, std::uint64_t max_bytes, unsigned keep);

  /// False, with errno, if it cannot be opened.
  bool open() noexcept;
  /// Looks whether someone else has renamed or deleted the file, and opens it again if so. False as for open().
  bool reopen(steady::time_point now) noexcept;
  /// Appends `count` lines, each with its break, with one write(). It may change `lines`.
  result append(std::string& lines, std::size_t count, steady::time_point now);
  /// Appends an empty line, which is no entry, and tells whether there is room. False as for open().
  bool probe() noexcept;

  const std::string& path() const noexcept { return path_; }
  bool is_regular() const noexcept { return regular_; }
  /// Whether so many bytes more fill the file.
  bool filled_by(std::size_t bytes) const noexcept {
    return max_bytes_ != 0 && regular_ && size_ + bytes >= max_bytes_;
  }

private:
  bool ends_with_break(off_t size) const noexcept;
  std::size_t put(std::string_view text) noexcept;
  void rotate() noexcept;
  std::string numbered(unsigned i) const;

  const std::string path_;
  const std::uint64_t max_bytes_;
  const unsigned keep_;
  descriptor file_;
  dev_t device_ = 0;
  ino_t number_ = 0;
  bool regular_ = false;
  bool torn_ = false; // the file ends within a line
  std::uint64_t size_ = 0;
  steady::time_point looked_;
};

} // namespace weir::inline v0::store
