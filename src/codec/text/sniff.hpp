// What a body is, by its first bytes: labels lie, or are missing.
#pragma once

#include <string>
#include <string_view>

namespace weir::inline v0::codec {

enum class content {
  nothing, ///< Nothing but blanks so far.
  json,
  events, ///< Server-sent events.
  page,   ///< HTML.
  markup, ///< XML, or what looks like it.
  text,
  binary,
};

/// Decided from the start of a body; a few hundred bytes are enough.
content sniff(std::string_view start) noexcept;

/// Whether `start` is too short to tell: blanks, or the beginning of an event stream's first field, or of a tag.
bool undecided(std::string_view start) noexcept;

/// Whether the text holds several JSON objects, one per line. Decided from its first two lines.
bool several_objects(std::string_view text) noexcept;

/// A page's title, or else its first heading, as text; empty where it has none.
std::string title_of(std::string_view page);
/// The content of the first element of that name (without regard to case or prefix), as text.
std::string element_of(std::string_view markup, std::string_view name);
/// What is left without the tags; at most `limit` bytes.
std::string text_of_markup(std::string_view markup, std::size_t limit);

} // namespace weir::inline v0::codec
