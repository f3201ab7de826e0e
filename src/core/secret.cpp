#include <weir/core/secret.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <new>
#include <random>

#include <weir/core/error.hpp>

#include "core/ascii.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::size_t max_key = 16u << 10;

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::size_t whole_pages(std::size_t size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

} // namespace

void cleanse(void* data, std::size_t size) noexcept { OPENSSL_cleanse(data, size); }

// Pages of its own: MADV_DONTDUMP and mlock work on whole pages.
class secret::bytes {
public:
  explicit bytes(std::string_view text) : size_(text.size()), mapped_(whole_pages(text.size())) {
    void* p = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
      throw std::bad_alloc();
    data_ = static_cast<char*>(p);
    ::madvise(p, mapped_, MADV_DONTDUMP);
    // Best effort: the limit on locked memory may be zero.
    (void)::mlock(p, mapped_);
    std::copy(text.begin(), text.end(), data_);
  }
  bytes(const bytes&) = delete;
  bytes& operator=(const bytes&) = delete;
  ~bytes() {
    cleanse(data_, size_);
    ::munmap(data_, mapped_);
  }

  std::string_view view() const noexcept { return {data_, size_}; }

private:
  char* data_;
  std::size_t size_;
  std::size_t mapped_;
};

secret::secret(std::string_view key, std::string origin) : origin_(std::move(origin)) {
  while (!key.empty() && is_space(key.front()))
    key.remove_prefix(1);
  while (!key.empty() && is_space(key.back()))
    key.remove_suffix(1);
  if (key.empty())
    return;
  if (key.size() > max_key)
    throw error(errc::malformed_key, "the key is longer than 16 KiB: is it the content of another file?");
  for (unsigned char c : key)
    if (c <= 0x20 || c >= 0x7f)
      throw error(errc::malformed_key,
                  "the key contains a space, a control character or a non-ASCII character: copy it again");
  bytes_ = std::make_shared<const bytes>(key);
}

secret secret::bound_to(std::string origin) const {
  secret other(*this);
  other.origin_ = std::move(origin);
  return other;
}

bool secret::starts_with(std::string_view prefix) const noexcept { return reveal().starts_with(prefix); }

std::string_view secret::reveal() const noexcept { return bytes_ ? bytes_->view() : std::string_view(); }

std::string secret::redacted() const {
  const auto key = reveal();
  const auto mark = key.substr(0, 5).find_first_of("_-");
  return std::string(mark == std::string_view::npos ? std::string_view() : key.substr(0, mark + 1)) + "***";
}

std::string secret::fingerprint() const {
  static const auto salt = [] {
    std::random_device random;
    std::array<unsigned, 8> words;
    for (auto& w : words)
      w = random();
    return words;
  }();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  const auto key = reveal();
  ::HMAC(EVP_sha256(), salt.data(), sizeof salt, reinterpret_cast<const unsigned char*>(key.data()), key.size(),
         digest.data(), nullptr);
  std::string name = "key-";
  for (std::size_t i = 0; i < 6; ++i)
    append_hex(name, digest[i]);
  return name;
}

bool operator==(const secret& a, const secret& b) noexcept {
  const auto x = a.reveal(), y = b.reveal();
  return x.size() == y.size() && (x.empty() || CRYPTO_memcmp(x.data(), y.data(), x.size()) == 0);
}

} // namespace weir::inline v0
