// Gemini's responses.
#pragma once

#include <memory>

#include "provider/dialect.hpp"

namespace weir::inline v0::provider {

/// Separates a call's id from the signature that Gemini expects back with it.
inline constexpr char signature_mark = '#';

std::unique_ptr<decoder> make_gemini_decoder(std::size_t answers);

} // namespace weir::inline v0::provider
