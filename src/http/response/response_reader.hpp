// HTTP/1.1 responses from bytes, without I/O (RFC 9112), for a client that trusts no server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/message/types.hpp"

namespace weir::inline v0::http {

/// What one response may cost. All in bytes, except where it says otherwise.
class reader_limits {
public:
  static constexpr std::uint64_t no_limit = UINT64_MAX;

  reader_limits() = default;
  std::size_t head = 64u << 10;           ///< All heads of one response together, interim ones too.
  std::size_t fields = 256;               ///< Fields of one head, and of the trailers.
  std::size_t chunk_extension = 4u << 10; ///< The rest of one chunk-size line.
  std::size_t chunk_overhead =
      16u << 10; ///< Bytes in all size lines that no chunk needs, beyond as many as the body has.
  std::size_t trailers = 16u << 10;
  unsigned interim = 10;          ///< Count of 1xx responses before the final one.
  std::uint64_t body = 64u << 20; ///< no_limit for streams, which have limits of their own.
};

/// Whether a `content-encoding` names a coding that has to be undone. Some servers write values there that are not
/// codings.
bool is_coded(std::string_view list) noexcept;

/// Reads one response at any split of its bytes.
///
///     while (!bytes.empty() && !reader.done()) {
///       bytes.remove_prefix(reader.next(bytes, piece, ec));
///       if (ec) …            // final
///       if (!piece.empty()) use(piece);
///     }
///
/// The framing is vetted here byte by byte, strictly: two readings of one response are how
/// requests are smuggled. Only a vetted head is given to the library that parses it.
/// Trailers are read and dropped. Bytes after the end are never consumed.
class response_reader {
public:
  /// How the body ends.
  enum class ending { none, length, chunked, close };

  explicit response_reader(reader_limits limits = {}) : limits_(limits) {}

  /// Consumes a prefix of `in` and gives at most one piece of the body: a view into `in`.
  /// Nothing was consumed only if `in` is empty, done() or `ec` is set.
  ///
  /// Errors, all final: errc::malformed_response, response_too_large, unexpected_content
  /// (a content coding that was not requested); problem() says why.
  std::size_t next(std::string_view in, std::string_view& body, error_code& ec);
  /// The transport has ended in an orderly way. Ends a body that is delimited by that, else errc::connection_lost,
  /// unless the response was complete.
  void finish(error_code& ec);

  /// Whether any byte of a response has arrived.
  bool started() const noexcept { return started_; }
  /// Whether the final head is there, even if the response is refused for its content coding.
  bool has_head() const noexcept { return has_head_; }
  bool done() const noexcept { return state_ == state::done; }
  /// Valid once has_head(). Its keep_alive is what the head promises; see reusable().
  const response_head& head() const noexcept { return head_; }
  response_head take_head() noexcept { return std::move(head_); }
  ending ends_by() const noexcept { return ending_; }
  /// Set if only the transport's end marked the end of the body: the layer above must require a terminal signal of its
  /// own.
  bool close_delimited() const noexcept { return ending_ == ending::close; }
  /// Whether the connection can carry another request, as far as the response says.
  bool reusable() const noexcept { return done() && keep_alive_; }
  /// Why the response was refused: a sentence without any of its bytes.
  std::string_view problem() const noexcept { return problem_; }

private:
  enum class state {
    head,
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,
    length,
    until_close,
    done,
    failed
  };

  std::size_t next_head(std::string_view in, error_code& ec);
  std::size_t next_trailer(std::string_view in, error_code& ec);
  std::size_t next_chunk(std::string_view in, std::string_view& body, error_code& ec);
  std::size_t next_framing(std::string_view in, error_code& ec);
  void end_line(std::string_view line, error_code& ec);
  void status_line(std::string_view line, error_code& ec);
  void field_line(std::string_view line, error_code& ec);
  void framing_field(std::string_view name, std::string_view value, error_code& ec);
  void end_head(error_code& ec);
  void decide_ending(error_code& ec);
  void begin_size();
  void begin_trailers();
  void wasted(std::size_t bytes, error_code& ec);
  std::size_t take_data(std::string_view in, std::string_view& body, state then, error_code& ec);
  void fail(error_code& ec, errc code, std::string_view why);

  reader_limits limits_;
  state state_ = state::head;
  ending ending_ = ending::none;
  bool started_ = false;
  bool has_head_ = false;
  bool keep_alive_ = false;
  bool http11_ = false;
  bool has_length_ = false;
  bool chunked_ = false;
  bool coded_ = false;
  bool close_asked_ = false;
  bool extension_named_ = false; // the current extension has had its semicolon
  unsigned status_ = 0;
  unsigned interim_ = 0;
  unsigned size_digits_ = 0;
  std::size_t field_count_ = 0;
  std::size_t used_ = 0;      // bytes of all heads, then of the trailers
  std::size_t extension_ = 0; // bytes of the current one
  std::uint64_t length_ = 0;  // content-length
  std::uint64_t left_ = 0;    // of the body or chunk
  std::uint64_t body_ = 0;    // bytes given
  std::uint64_t wasted_ = 0;  // bytes of size lines that no chunk needs
  std::size_t line_ = 0;      // where the current line starts in text_
  std::string text_;          // the head, or the current line of the trailers
  response_head head_;
  error_code error_;
  std::string_view problem_;
};

} // namespace weir::inline v0::http
