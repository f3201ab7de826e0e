// The parts of a job as one.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <weir/store/journal.hpp>

namespace weir::inline v0 {

/// Copies the state of every id of several journals, as the parts of a job leave them, to another one; it is on disk
/// when this returns. Of an id that several of them have with the same request, a complete answer is taken before a
/// failure, else the first. Repeated after an interruption, or after a part was run again, it adds what is missing.
/// Blocks.
/// \param check called between records; what it throws ends the copying.
/// \returns how many records `into` has got.
/// \throws weir::error errc::invalid_argument, before anything is written, for ids that two journals have with another
/// request: which, and where; what the journals throw.
std::uint64_t merge_journals(const std::vector<const journal*>& from, journal& into,
                             const std::function<void()>& check = {});

} // namespace weir::inline v0
