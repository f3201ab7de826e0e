// A credential that cannot be printed, bound to the origin it may be sent to.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// A key. There is no operator<<, no conversion to a string and no accessor that
/// copies: `reveal()` lends the bytes to the one place that writes them to a wire.
///
/// The bytes live in pages that are left out of core dumps (MADV_DONTDUMP) and,
/// where the system allows it, out of swap (mlock); they are overwritten when the
/// last copy of the secret is gone. Copies share the bytes.
///
/// Thread safety: distinct objects may be used concurrently; so may one, const.
class secret {
public:
  secret() = default;

  /// Takes a key as read from the environment or a file: surrounding white space,
  /// including CR and LF, is removed. `origin` is where it may go, in the form of
  /// net::origin::text() (`https://host[:port]`, default ports left out); the
  /// empty string means that it is not bound yet and may go nowhere.
  /// \throws weir::error errc::malformed_key for control characters, spaces or
  /// non-ASCII bytes inside, or more than 16 KiB. The text never quotes the key.
  explicit secret(std::string_view key, std::string origin = {});

  bool empty() const noexcept { return !bytes_; }
  explicit operator bool() const noexcept { return !empty(); }

  /// The origin that the key may be sent to.
  const std::string& origin() const noexcept { return origin_; }
  /// The same key, bound to another origin.
  secret bound_to(std::string origin) const;

  bool starts_with(std::string_view prefix) const noexcept;

  /// The bytes; valid while this object lives. Do not copy them anywhere that is
  /// not cleansed.
  std::string_view reveal() const noexcept;

  /// `hf_…x9Q2` becomes `hf_***`: the prefix up to the first `_` or `-` if there is
  /// one within five characters, then three stars. Never more.
  std::string redacted() const;

  /// A name for the key, such as `key-3f2a90c1b7d4`: the same for equal keys for the life of the process, another one
  /// in the next, so that it tells nothing about the key.
  std::string fingerprint() const;

  /// Compares in constant time; origins are not compared.
  friend bool operator==(const secret& a, const secret& b) noexcept;

private:
  class bytes;
  std::shared_ptr<const bytes> bytes_;
  std::string origin_;
};

/// Overwrites memory in a way that the compiler may not remove.
void cleanse(void* data, std::size_t size) noexcept;

WEIR_END_NAMESPACE
