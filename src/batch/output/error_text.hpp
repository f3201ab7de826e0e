// Why an item of a batch has no complete answer, for programs and for people.
#pragma once

#include <string>

#include <weir/batch/result.hpp>

namespace weir::inline v0 {

/// A stable name: that of the failure's errc, or of an outcome without one (`length`, `filtered`); empty for a complete
/// answer.
std::string error_code_of(const batch_result& r);
/// A sentence, with what the provider says; empty for a complete answer.
std::string error_message_of(const batch_result& r);

} // namespace weir::inline v0
