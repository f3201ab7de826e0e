// The bytes of a file, or of something else that has a descriptor.
#pragma once

#include <weir/core/asio.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "batch/input/paths.hpp"
#include "core/descriptor.hpp"

namespace weir::inline v0::input {

/// Reads an input piece by piece. A file is read at once, anything else as its bytes arrive: other work of the executor
/// goes on meanwhile.
/// Thread safety: none.
class byte_reader {
public:
  /// \throws weir::error errc::invalid_argument with the system's reason, for what cannot be opened.
  explicit byte_reader(const input_path& what);

  /// The next bytes, at most 64 KiB; empty at the end. They live until the next call.
  /// Errors: errc::invalid_argument, with the system's reason.
  /// Cancellation: terminal.
  boost::asio::awaitable<std::string_view> read();
  /// Whether it can be opened and read again from its beginning.
  bool can_read_again() const noexcept { return file_; }

private:
  boost::asio::awaitable<void> wait();

  std::string name_;
  descriptor from_;
  bool file_ = false;
  bool always_ready_ = false;
  std::vector<char> piece_;
};

/// Whether an input is a file, which can be read again.
bool can_read_again(const input_path& what);

} // namespace weir::inline v0::input
