// Anthropic's responses.
#pragma once

#include <memory>

#include "provider/dialect.hpp"

namespace weir::inline v0::provider {

std::unique_ptr<decoder> make_anthropic_decoder(std::size_t answers);

} // namespace weir::inline v0::provider
