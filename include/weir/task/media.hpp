// Images, audio and video: what goes in and what comes out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// An image, audio or a video: its bytes, or where it is.
///
/// As an input: bytes, or an http(s) or `data:` URL. A URL is passed on to providers that fetch it themselves; for the
/// others weir fetches it, without any credential.
/// As a result: the bytes, unless the request says otherwise (save_to(), keep_urls()).
struct media {
  media() = default;
  /// `content_type`: such as `image/png`; empty: detected from the bytes.
  explicit media(std::string bytes, std::string content_type = {});
  /// Media at an http(s) or `data:` URL.
  static media at(std::string url);
  /// The contents of a file of at most `limit` bytes, and its name.
  /// \throws weir::error errc::invalid_argument if it cannot be read, or is larger.
  static media file(const std::string& path, std::size_t limit = std::size_t{64} << 20);

  std::string bytes;
  std::string content_type; ///< Empty where it is not known.
  std::string url;          ///< Where the provider keeps it, or where it is to be fetched.
  std::string path;         ///< The file that the bytes were saved to.
  std::string name;         ///< The input file's name, without its folders: uploads keep it.
};

/// The content type detected from a file's first bytes; empty if it is none of those below. Images: PNG, JPEG, GIF,
/// WebP, HEIC, HEIF, AVIF, JPEG XL, BMP, TIFF, SVG, icons. Audio: WAV, FLAC, OGG, MP3, AAC, M4A, AIFF, AMR, CAF, AU.
/// Videos: MP4, QuickTime, WebM, Matroska, AVI, 3GP, MPEG, ASF. And PDF.
std::string_view content_type_of(std::string_view bytes) noexcept;
/// `png` for `image/png`; `bin` if unknown.
std::string_view file_extension(std::string_view content_type) noexcept;

WEIR_END_NAMESPACE
