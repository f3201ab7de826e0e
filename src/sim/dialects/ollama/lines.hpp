// What Ollama's chat and its text generation share: settings, and a stream of JSON lines.
#pragma once

#include <string_view>

#include "sim/answer/script.hpp"

namespace weir::inline v0::sim::ollama {

inline constexpr std::string_view created = "2026-01-02T03:04:05Z";

/// Takes from the request its limit, stop sequences and format.
void read_options(wanted& w, const codec::json::value& body);
/// A line with the model and the time, before what it says, and with the counts if it is the last.
codec::json::object line(const said& s, std::string_view key, codec::json::value value, bool last);
/// The lines of a stream. \param around a line whose text is empty, under `text_key`.
plan stream(const said& s, const codec::json::object& around, std::string_view text_key, std::vector<scripted> thoughts,
            std::vector<scripted> after);
/// A line with its end.
std::string text(const codec::json::object& line);

} // namespace weir::inline v0::sim::ollama
