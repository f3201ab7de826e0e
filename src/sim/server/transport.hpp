// The seam between a connection and its socket: plain or TLS, never blocking.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "sim/server/certificates.hpp"

namespace weir::inline v0::sim {

enum class progress { done, want_read, want_write, ended, failed };

class transfer {
public:
  constexpr transfer(progress p, std::size_t n = 0) noexcept : state(p), bytes(n) {}
  progress state;
  std::size_t bytes; ///< Transferred; only with progress::done.
};

/// A connected non-blocking socket as a byte stream. The caller owns the descriptor, waits for readiness, and closes it
/// after this object is destroyed.
class transport {
public:
  virtual ~transport() = default;

  virtual transfer handshake() = 0;
  virtual transfer read(std::span<char> into) = 0;
  /// After want_read or want_write the next call must pass the same bytes.
  virtual transfer write(std::string_view bytes) = 0;
  /// What a read would find: data (done), nothing yet (want_read), or the peer's end of stream.
  virtual progress look() = 0;
  /// Tells the peer that nothing follows (TLS: close_notify), without waiting.
  virtual void goodbye() = 0;
};

std::unique_ptr<transport> make_plain_transport(int descriptor);
std::unique_ptr<transport> make_tls_transport(int descriptor, const tls_identity& identity);

} // namespace weir::inline v0::sim
