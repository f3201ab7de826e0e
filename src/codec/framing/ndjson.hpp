// Newline-delimited JSON: bytes to lines, without I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <weir/core/error.hpp>

namespace weir::inline v0::codec {

/// Splits a byte stream into lines at any split of its bytes.
///
///     splitter.feed(bytes);
///     while (splitter.next(line)) …;
///     … after the last bytes: if (splitter.finish(line)) …
///
/// A line ends with LF or CRLF; lines of nothing but spaces, tabs and CRs are skipped, and so is
/// one byte order mark at the start. feed() keeps a view of `bytes`: they must live until next()
/// has returned false, and only then may more be fed. A line is valid until the next call.
class ndjson_splitter {
public:
  /// Bytes of a line without its end.
  static constexpr std::size_t max_line = 8u << 20;

  /// \pre next() has returned false since the last feed().
  void feed(std::string_view bytes);
  /// Returns the next complete line; false if more bytes are needed or a limit was exceeded.
  bool next(std::string_view& line);
  /// Returns the last line if the stream ended without a line end. \pre next() returned false.
  bool finish(std::string_view& line);

  /// Set once a line is over its limit (errc::response_too_large); nothing follows.
  error_code failed() const noexcept { return failed_; }

private:
  bool accept(std::string_view& line);
  void fail() noexcept;

  std::string_view view_;
  std::string held_;
  error_code failed_;
  bool given_ = false; // The line returned last is in held_.
  bool first_line_ = true;
};

} // namespace weir::inline v0::codec
