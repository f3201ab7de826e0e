// Errors inside an answer with status 200, in all the envelopes that servers and gateways put them in.
#pragma once

#include <string_view>

#include "codec/json/json.hpp"

namespace weir::provider {

enum class alarm {
  none,
  maybe, ///< Words without anything of an answer: `{"detail": "…"}`. An error if no answer ends well behind it.
  error,
};

/// What an object in place of (a piece of) an answer says.
alarm alarm_in(const codec::json::object& o) noexcept;
/// Whether nothing in an event is known to any dialect: what it says may be why there is no answer.
bool is_foreign(const codec::json::object& o) noexcept;
/// Whether a named event reports an error by its name.
bool is_alarm(std::string_view event_type) noexcept;
/// Whether a text that is no JSON speaks of an error.
bool sounds_wrong(std::string_view text) noexcept;

/// Whether data carries nothing: blank, a comment within the data, an empty JSON value.
bool is_blank_data(std::string_view data) noexcept;
/// Whether a text that is no JSON only keeps the connection open: `ping`, `keep-alive`, …
bool is_keep_alive(std::string_view text) noexcept;

} // namespace weir::provider
