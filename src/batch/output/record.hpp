// Results of a batch in its journal.
#pragma once

#include <cstdint>

#include <weir/batch/result.hpp>
#include <weir/store/journal.hpp>

namespace weir::inline v0 {

/// The kind of an outcome's records, from 1: journal::count() tells how many items ended so.
constexpr std::uint8_t record_kind(outcome o) noexcept { return static_cast<std::uint8_t>(1 + static_cast<int>(o)); }
/// Whether a record of this kind is an item's result.
constexpr bool is_result(std::uint8_t kind) noexcept {
  return kind >= record_kind(outcome::complete) && kind <= record_kind(outcome::failed);
}

/// The record that keeps a result. Its payload is a JSON object with everything but the value.
journal_record result_record(const batch_result& r, std::uint64_t fingerprint);

/// Reads such a record back; `restored` is set. Members of the payload that it does not know are ignored.
/// \throws weir::error errc::invalid_configuration if it is none, or of a later version that cannot be read.
batch_result read_result(const journal_record& r);

} // namespace weir::inline v0
