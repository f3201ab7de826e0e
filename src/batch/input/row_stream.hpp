// All inputs of a batch, one after the other, as rows.
#pragma once

#include <weir/core/asio.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "batch/input/byte_reader.hpp"
#include "batch/input/item_maker.hpp"
#include "batch/input/row_decoder.hpp"
#include "batch/input/unpack.hpp"

namespace weir::inline v0::input {

/// Opens each input as it is reached, finds out how it is packed and written, and reads it.
/// Object lifetimes: the paths, the options and the maker must outlive it. Thread safety: none.
class row_stream {
public:
  row_stream(const std::vector<input_path>& from, const batch_input& o, const item_maker& maker)
      : from_(from), options_(o), maker_(maker) {}

  /// Leaves out what can only be read once.
  void only_files() noexcept { only_files_ = true; }
  /// The next row of any input; empty after the last one.
  /// Errors: what opening, reading, unpacking and headers throw, and item_maker::check_columns().
  /// Cancellation: terminal; also between pieces of a file.
  boost::asio::awaitable<std::optional<row>> next();
  /// The input of the row that next() gave last.
  const input_path& input() const noexcept { return from_[at_]; }
  std::size_t input_number() const noexcept { return at_; }

private:
  boost::asio::awaitable<void> open();
  boost::asio::awaitable<bool> more(std::string& to);
  boost::asio::awaitable<bool> feed();
  void close() noexcept;

  const std::vector<input_path>& from_;
  const batch_input& options_;
  const item_maker& maker_;
  std::size_t at_ = 0;
  bool only_files_ = false;
  bool checked_ = false;  // the first row of this input
  bool all_read_ = false; // the bytes of this input
  bool ended_ = false;    // and all of them unpacked
  std::uint64_t moved_ = 0, since_ = 0;
  std::unique_ptr<byte_reader> bytes_;
  std::string first_; // the first bytes, which the unpacker refers to
  std::unique_ptr<unpacker> unpacked_;
  std::unique_ptr<row_decoder> rows_;
  std::optional<row> file_; // of an input that is one row
};

} // namespace weir::inline v0::input
