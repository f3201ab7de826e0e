// CRC-32C (Castagnoli): the check of a journal's frames.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::inline v0::store {

/// The check of bytes that follow those whose check is `before`: crc32c(b, crc32c(a)) is the check of a and b together.
/// Finds every error within 32 bits, and every one of up to three bits in a frame of usual length.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) noexcept;
/// The same without the processor's help, which is what others have.
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before = 0) noexcept;

} // namespace weir::inline v0::store
