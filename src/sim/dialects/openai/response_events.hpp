// The object and the stream of OpenAI's Responses.
#pragma once

#include <memory>
#include <string_view>

#include "sim/answer/script.hpp"

namespace weir::inline v0::sim {

/// The response as it is once it has ended, with all its output, or while it is in progress, with none.
codec::json::object response_object(const said& s, const codec::json::value& request, bool ended,
                                    std::string_view text);
/// Every event that OpenAI sends for it, numbered.
std::unique_ptr<token_source> response_events(const said& s, const codec::json::value& request);

/// The items of a response's output: in progress and empty, or complete.
codec::json::object reasoning_item(const said& s, bool complete);
codec::json::object message_item(const said& s, bool complete, std::string_view text);
codec::json::object call_item(const said& s, bool complete);
/// A part of an item: `summary_text`, or `output_text` with what belongs to it.
codec::json::object summary_part(std::string_view text);
codec::json::object text_part(std::string_view text);

} // namespace weir::inline v0::sim
