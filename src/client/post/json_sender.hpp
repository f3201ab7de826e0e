// Sends JSON to one server, and again if that may help.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/core/backoff.hpp>
#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/net/stream.hpp>

#include "http/message/types.hpp"

namespace weir::inline v0 {

class transport;

/// Where to, and how patiently.
class post_settings {
public:
  post_settings() = default;

  std::string url; ///< Absolute; https, or http if it says so. A part of it may be secret: it is never shown.
  /// One of them may be a key (`authorization`, `api-key`): it goes to the URL's origin only, over TLS or to this
  /// machine.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string proxy;                            ///< As options::proxy().
  std::string ca_file;                          ///< As options::ca_file().
  duration deadline = std::chrono::seconds(10); ///< Of one try, from connecting to the end of the response.
  unsigned attempts = 4;                        ///< In all.
  backoff wait{std::chrono::milliseconds(500), std::chrono::seconds(20)};
  duration max_retry_after = std::chrono::minutes(5); ///< A longer one ends the tries.
  std::shared_ptr<net::connector> connector;          ///< nullptr: the real network.
};

/// How a post ended.
class post_result {
public:
  post_result() = default;
  bool delivered() const noexcept { return !why && status / 100 == 2; }

  int status = 0;   ///< Of the last try; 0 if no response began.
  std::string body; ///< Of that response, at most 64 KiB.
  failure why;      ///< weir's own words; nothing that the server said.
  unsigned tries = 0;
};

/// POSTs over connections of its own, one request at a time.
///
/// Again: after 408, 429, 502, 503, 504 and what the network did, with exponential backoff and not before a
/// Retry-After. Redirects are not followed. Object lifetimes: send() may outlive it. Thread safety: none; one strand.
class json_sender {
public:
  /// \throws weir::error errc::malformed_url, insecure, invalid_argument, malformed_key, invalid_configuration: what
  /// would make every request fail.
  explicit json_sender(post_settings s);

  /// `target`: path and query. Never throws but std::bad_alloc.
  boost::asio::awaitable<post_result> send(std::string target, std::string body);

private:
  http::request request_to(std::string target, std::string body) const;
  boost::asio::awaitable<post_result> once(http::request r) const;
  boost::asio::awaitable<post_result> exchange(http::request r) const;

  post_settings settings_;
  net::origin to_;
  http::fields headers_;
  std::optional<http::credential> key_;
  std::shared_ptr<transport> via_;
};

} // namespace weir::inline v0
