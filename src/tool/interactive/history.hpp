// What was typed before, in a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::cli {

/// The last entries of all conversations, oldest first. Only the owner can read the file; several processes may add to
/// it at the same time. What cannot be read or written is left out.
/// Thread safety: none.
class history {
public:
  /// \param path empty: nothing is kept.
  explicit history(std::string path);

  const std::vector<std::string>& entries() const noexcept { return entries_; }
  /// Adds one to the file, at once. One that is empty, longer than 64 KiB or the same as the last is not kept.
  void add(std::string_view entry);

private:
  void read();

  std::string path_;
  std::vector<std::string> entries_;
};

} // namespace weir::inline v0::cli
