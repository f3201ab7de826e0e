// Small valid files: images, audio and videos, and the route that serves them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/plan.hpp"
#include "sim/server/request.hpp"

namespace weir::inline v0::sim {

/// A number that is the same for the same text.
std::uint64_t seed_of(std::string_view text) noexcept;

/// A PNG of that many pixels, at most 2048 in each direction; the seed determines its colours.
std::string make_png(std::uint64_t seed, std::uint32_t width, std::uint32_t height);
/// A 16-bit WAV at 8 kHz.
std::string make_wav(std::uint64_t seed, std::uint32_t milliseconds);
/// An MP4 with valid boxes but no content, of about that many bytes.
std::string make_mp4(std::uint64_t seed, std::uint32_t bytes);

/// The URL of a file at this server: `media/SEED-WxH.png`, `media/SEED-MILLISECONDS.wav` or `media/SEED-BYTES.mp4`.
std::string media_url(const request& r, bool tls, std::string_view name);
std::string png_name(std::uint64_t seed, std::uint32_t width, std::uint32_t height);
std::string wav_name(std::uint64_t seed, std::uint32_t milliseconds);
std::string mp4_name(std::uint64_t seed, std::uint32_t bytes);

/// `GET …/media/NAME`; nothing for other paths. A request with a credential is refused with 403: credentials must not
/// be sent to file hosts.
std::optional<plan> answer_media(const request& r);

} // namespace weir::inline v0::sim
