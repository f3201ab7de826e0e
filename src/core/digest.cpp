#include "core/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

#include "core/ascii.hpp"

namespace weir::inline v0 {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  if (::EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
  std::string text;
  text.reserve(2 * digest.size());
  for (const auto byte : digest)
    append_hex(text, byte);
  return text;
}

} // namespace weir::inline v0
