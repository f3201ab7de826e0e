// Where the bytes of results go: to memory, to files that appear when they are whole, or to whatever a path names.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>

#include <weir/task/media.hpp>

namespace weir::inline v0 {

/// One result. Destroyed before commit() it leaves nothing behind. Writing blocks: for local files.
class sink {
public:
  virtual ~sink() = default;
  /// \throws weir::error errc::not_saved where it cannot be written.
  virtual void write(std::string_view piece) = 0;
  /// What was written becomes the medium's. Waits only for the reader of a FIFO and the like: for its coming, and
  /// for its taking what there is.
  /// Errors: as write(). Cancellation: terminal.
  virtual boost::asio::awaitable<void> commit(media& into) = 0;
};

class channel;

/// Where the results of one request go.
class destination {
public:
  /// \param path empty: memory; `-`: stdout.
  /// \throws weir::error errc::invalid_argument where nothing can be saved there.
  explicit destination(std::string path);

  /// The result `index`, from 0. The first replaces the file that is there, in one step, and keeps its mode; further
  /// ones take the next numbers that are free. FIFOs, devices and open files get all results, one after the other.
  std::unique_ptr<sink> begin(std::size_t index) const;

private:
  std::string path_;
  std::shared_ptr<channel> channel_;
};

/// The file of the result `index`: `out.png`, `out-2.png`, …
std::string numbered_path(const std::string& path, std::size_t index);

} // namespace weir::inline v0
