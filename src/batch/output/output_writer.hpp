// A file that appears when it is whole, or a pipe that gets it as it comes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "client/files/place.hpp"
#include "core/descriptor.hpp"

namespace weir::inline v0 {

/// Writes one output. A regular file is written beside it, without a name where the system
/// supports that, synced, and takes the old one's place in
/// one step, whose mode and owner it keeps; a symbolic link is followed. Destroyed before commit() it leaves nothing
/// behind. A FIFO, a device and a file that is open already (`-`, /dev/stdout) get the bytes as they come.
///
/// Blocks. While a pipe takes nothing, or a FIFO has no reader, `check` is called every 100 ms; what it throws ends the
/// wait.
class output_writer {
public:
  /// \throws weir::error as place does, errc::not_saved.
  output_writer(const std::string& path, std::function<void()> check);
  ~output_writer();
  output_writer(const output_writer&) = delete;
  output_writer& operator=(const output_writer&) = delete;

  /// \throws weir::error errc::not_saved; what `check` throws.
  void write(std::string_view bytes);
  /// Writes what is buffered, and gives the file its name. Once. Errors: as write().
  void commit();

private:
  void open_file();
  void name_it();
  void open_channel();
  void flush();
  std::size_t write_some(std::string_view bytes);
  void replace();
  [[noreturn]] void fail(int number);

  std::function<void()> check_;
  std::string given_;
  place where_;
  descriptor file_;
  std::string part_; // its name until commit(), if it has one
  std::string buffer_;
};

/// Whether both name the same file, which need not exist: never what is written to and not replaced, such as `-`.
bool is_same_file(const std::string& a, const std::string& b);

/// Finds out whether an output could be written, and leaves what is there alone.
/// \throws weir::error errc::invalid_argument, or errc::not_saved: "cannot write PATH: WHY".
void check_output(const std::string& path);

} // namespace weir::inline v0
