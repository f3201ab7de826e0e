// Downloads a file from the URL that a provider or the user gives, without any credential.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <weir/task/media.hpp>

#include "client/transport/transport.hpp"
#include "http/message/redirect.hpp"

namespace weir::inline v0 {

/// One GET, its redirects followed (five at most, and never from https to http).
/// Errors: the network's, as weir::error; not_found, rate_limited or server_error for a refusal; response_too_large for
/// more than `limit` bytes; unexpected_content for a page of HTML, which no result is; truncated for a body that breaks
/// off; stalled for one that goes silent. Cancellation: terminal. Thread safety: none; one strand.
class download {
public:
  download(std::shared_ptr<transport> via, std::string url, std::uint64_t limit);

  boost::asio::awaitable<void> open();
  /// The next piece: a view that is valid until the next call; empty at the end.
  boost::asio::awaitable<std::string_view> next();

  std::optional<std::uint64_t> total() const noexcept { return total_; }
  std::uint64_t received() const noexcept { return received_; }
  const std::string& content_type() const noexcept { return content_type_; }

private:
  boost::asio::awaitable<open_call_ptr> get(http::redirects& place);
  boost::asio::awaitable<void> refuse_page();
  boost::asio::awaitable<void> refuse_error();
  boost::asio::awaitable<std::string_view> read();
  std::string message(std::string_view what) const;
  error too_large() const;

  std::shared_ptr<transport> via_;
  std::string url_;
  std::uint64_t limit_;
  open_call_ptr call_;
  std::optional<std::uint64_t> total_;
  std::uint64_t received_ = 0;
  std::string content_type_;
  std::string start_; // of the file, which was looked at
  bool begun_ = false;
  bool ended_ = false;
};

/// The whole of a file. Errors as download's.
boost::asio::awaitable<media> fetch_media(std::shared_ptr<transport> via, std::string url, std::uint64_t limit);

} // namespace weir::inline v0
