// Packed inputs, unpacked as they are read. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace weir::inline v0::input {

/// Unpacks a stream of bytes piece by piece: what a few bytes unpack to may be more than memory holds.
class unpacker {
public:
  virtual ~unpacker() = default;
  /// Packed bytes, which must outlive the calls of pull() up to an empty one.
  virtual void feed(std::string_view packed) = 0;
  /// The next piece of at most 64 KiB; empty once all that was fed is used. Lives until the next call.
  /// \throws weir::error errc::invalid_argument for bytes that are not packed so.
  virtual std::string_view pull() = 0;
  /// Nothing further comes. \throws weir::error errc::invalid_argument in the middle of what was packed.
  virtual void finish() = 0;
};

enum class packing { none, gzip, zstd };

/// By the first bytes, of which there should be 4.
packing packing_of(std::string_view beginning) noexcept;
/// `name`: of the input, for messages. \throws weir::error errc::unsupported if weir was built without it.
std::unique_ptr<unpacker> unpack_gzip(std::string name);
std::unique_ptr<unpacker> unpack_zstd(std::string name);
std::unique_ptr<unpacker> unpacker_of(packing p, std::string name);

} // namespace weir::inline v0::input
