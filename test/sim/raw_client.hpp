// A blocking HTTP client that hides nothing: how the connection ended, which chunks arrived, which bytes. Independent
// of weir's own client.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/json.hpp"

namespace weir::inline v0::sim::test {

enum class ending {
  open,    ///< The message was complete, the connection stays.
  orderly, ///< TLS: close_notify; plain: FIN.
  abrupt,  ///< TLS only: FIN without close_notify.
  reset,
  silent, ///< Nothing arrived for as long as the client waits.
};

class response {
public:
  response() = default;
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;                ///< Without the chunks' framing.
  std::vector<std::string> chunks; ///< As framed; the last may be incomplete.
  bool complete = false;           ///< By its length or its last chunk.
  ending end = ending::open;

  /// The data of each event, without comments.
  std::vector<std::string> events() const;
  /// The events except [DONE], as JSON.
  std::vector<codec::json::value> chunks_of_json() const;
  codec::json::value as_json() const;
};

class raw_client {
public:
  /// \param ca_file empty: plain TCP, or TLS without verification.
  raw_client(std::uint16_t port, bool tls, const std::string& ca_file, const std::string& host = "127.0.0.1");
  ~raw_client();
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  /// Whether the handshake succeeded; otherwise verify_error() has the reason (X509_V_ERR_*).
  bool connected() const noexcept { return connected_; }
  long verify_error() const noexcept { return verify_error_; }
  std::string alpn() const;

  void send(std::string_view bytes);
  /// Reads one response. `patience_ms` is how long it waits for a byte.
  response receive(int patience_ms = 5000);
  /// Reads until `text` was received.
  bool receive_until(std::string_view text);
  /// Whether the peer closes within `patience_ms`.
  ending wait_for_end(int patience_ms = 5000);

private:
  enum class got { bytes, orderly, abrupt, reset, silent };
  got read_some();
  void patience(int ms);

  class tls_state;
  std::unique_ptr<tls_state> tls_;
  int descriptor_ = -1;
  bool connected_ = false;
  long verify_error_ = 0;
  std::string in_;
};

/// A POST with a JSON body.
std::string post(std::string_view path, std::string_view body, std::string_view extra_headers = {});

} // namespace weir::inline v0::sim::test
