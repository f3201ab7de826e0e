// Gemini's answers.
#pragma once

#include <memory>

#include "provider/dialect.hpp"

namespace weir::provider {

/// Stands in a call's id before the signature that Gemini wants back with it.
inline constexpr char signature_mark = '#';

std::unique_ptr<decoder> make_gemini_decoder(std::size_t answers);

} // namespace weir::provider
