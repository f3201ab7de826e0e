#include "core/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

namespace weir::inline v0 {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  if (::EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const auto byte : digest)
    (text += hex[byte >> 4]) += hex[byte & 15];
  return text;
}

} // namespace weir::inline v0
