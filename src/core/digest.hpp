// Digests: names for contents.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace weir::inline v0 {

/// SHA-256 in 64 lower-case hexadecimal digits.
/// \throws std::bad_alloc
std::string sha256_hex(std::string_view bytes);

/// The same of bytes that come in pieces.
class sha256_sum {
public:
  /// \throws std::bad_alloc
  sha256_sum();
  sha256_sum(sha256_sum&&) noexcept;
  sha256_sum& operator=(sha256_sum&&) noexcept;
  ~sha256_sum();

  /// \throws std::bad_alloc
  void add(std::string_view bytes);
  /// Of everything so far. Nothing may follow. \throws std::bad_alloc
  std::string hex();

private:
  class state;
  std::unique_ptr<state> state_;
};

} // namespace weir::inline v0
