#include "core/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

#include "core/ascii.hpp"

namespace weir::inline v0 {

namespace {

using sha256 = std::array<unsigned char, 32>;

void check(int done) {
  if (done != 1)
    throw std::bad_alloc();
}

std::string hex_of(const sha256& digest) {
  std::string text;
  text.reserve(2 * digest.size());
  for (const auto byte : digest)
    append_hex(text, byte);
  return text;
}

} // namespace

std::string sha256_hex(std::string_view bytes) {
  sha256 digest{};
  check(::EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr));
  return hex_of(digest);
}

class sha256_sum::state {
public:
  state() : context(::EVP_MD_CTX_new()) {
    if (!context)
      throw std::bad_alloc();
  }
  state(const state&) = delete;
  ~state() { ::EVP_MD_CTX_free(context); }
  EVP_MD_CTX* const context;
};

sha256_sum::sha256_sum() : state_(std::make_unique<state>()) {
  check(::EVP_DigestInit_ex(state_->context, ::EVP_sha256(), nullptr));
}
sha256_sum::sha256_sum(sha256_sum&&) noexcept = default;
sha256_sum& sha256_sum::operator=(sha256_sum&&) noexcept = default;
sha256_sum::~sha256_sum() = default;

void sha256_sum::add(std::string_view bytes) { check(::EVP_DigestUpdate(state_->context, bytes.data(), bytes.size())); }

std::string sha256_sum::hex() {
  sha256 digest{};
  check(::EVP_DigestFinal_ex(state_->context, digest.data(), nullptr));
  return hex_of(digest);
}

} // namespace weir::inline v0
