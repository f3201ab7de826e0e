// OpenAI's Responses, the response.
#pragma once

#include <memory>

#include "provider/dialect.hpp"

namespace weir::inline v0::provider {

std::unique_ptr<decoder> make_responses_decoder(std::size_t answers);

} // namespace weir::inline v0::provider
