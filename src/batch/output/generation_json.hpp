// The details of a text generation as JSON.
#pragma once

#include <weir/task/event.hpp>
#include <weir/task/text_generation.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0 {

/// Adds an event's token and its alternatives.
void add_token(codec::json::object& to, const event& e);
/// `{"type":"details", …}`: the tokens, and the other sequences of best_of; empty for a generation without them.
codec::json::object details_object(const generation& g);

} // namespace weir::inline v0
