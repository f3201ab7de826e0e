// OpenAI's Responses, the response.
#pragma once

#include <memory>

#include "provider/dialect.hpp"

namespace weir::provider {

std::unique_ptr<decoder> make_responses_decoder(std::size_t answers);

} // namespace weir::provider
