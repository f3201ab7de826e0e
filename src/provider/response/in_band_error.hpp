// Errors inside responses with status 200, in all the envelopes that servers and gateways put them in.
#pragma once

#include <string_view>

#include "codec/json/node.hpp"

namespace weir::inline v0::provider {

enum class alarm {
  none,
  maybe, ///< A message without any part of an answer: `{"detail": "…"}`. An error unless a complete answer follows.
  error,
};

/// What an object in place of (a piece of) an answer indicates.
alarm alarm_in(const codec::node& o) noexcept;
/// Whether no dialect knows anything in an event: its content may explain why there is no answer.
bool is_foreign(const codec::node& o) noexcept;
/// Whether a named event reports an error by its name.
bool is_alarm(std::string_view event_type) noexcept;
/// Whether a text that is not JSON mentions an error.
bool sounds_wrong(std::string_view text) noexcept;

/// Whether data is empty: blank, a comment within the data, an empty JSON value.
bool is_blank_data(std::string_view data) noexcept;
/// Whether a text that is not JSON is a keep-alive: `ping`, `keep-alive`, …
bool is_keep_alive(std::string_view text) noexcept;

} // namespace weir::inline v0::provider
