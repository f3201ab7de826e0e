// Ids by hash: what a journal keeps in memory instead of them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weir::inline v0::store {

/// Sixteen random bytes of a journal's own.
using journal_salt = std::array<char, 16>;

struct id_hash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const id_hash&, const id_hash&) = default;
};

/// SipHash-2-4 of 128 bits, keyed with the salt. Two ids with one hash would be taken for one item, so that chance and
/// malice must both be ruled out: ids come from input files that others may have written, and FNV with two seeds has
/// collisions that can be computed. SHA-256 would do as well, at ten times the time.
id_hash hash_of(std::string_view id, const journal_salt& salt) noexcept;

} // namespace weir::inline v0::store
