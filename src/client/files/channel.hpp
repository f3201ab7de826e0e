// A FIFO, a device, or a file that is open already: takes bytes, and is neither made nor replaced.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

#include "client/files/place.hpp"

namespace weir::inline v0 {

/// Opened by the first send(), closed with the object: a reader gets everything before the end.
/// Thread safety: none; one strand.
class channel {
public:
  channel(std::string path, place where) : path_(std::move(path)), where_(std::move(where)) {}

  /// Waits for a reader, and while it is slow: ten minutes without any progress at most.
  /// Errors: errc::not_saved. Cancellation: terminal. `bytes` outlives it.
  boost::asio::awaitable<void> send(std::string_view bytes);
  const std::string& path() const noexcept { return path_; }

private:
  bool open();
  std::size_t write_some(std::string_view bytes) const;
  int file() const noexcept { return where_.open_file() ? where_.open_file().get() : own_.get(); }

  std::string path_;
  place where_;
  descriptor own_;
};

} // namespace weir::inline v0
