// The files that go with a prompt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <weir/task/chat.hpp>

namespace weir::inline v0::cli {

/// A file as a model gets it: text, quoted under its name, or a part of the message.
class attachment {
public:
  attachment() = default;
  std::string text; ///< Empty if it is a part.
  std::optional<content_part> part;
  std::size_t bytes = 0; ///< The file's size.
};

/// Reads a file: text in UTF-8 or UTF-16, an image, WAV or MP3 audio, or a PDF; 64 MiB at most. What it is shows in its
/// bytes.
/// \throws weir::error errc::invalid_argument if it cannot be read or is none of these; errc::cancelled if a signal
/// arrived first.
attachment attach(const std::string& path);

/// The text under its file's name, between fences that are longer than any inside.
std::string quoted(std::string_view name, std::string_view text);

} // namespace weir::inline v0::cli
