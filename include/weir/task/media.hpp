// Images, audio and video: what goes in and what comes out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace weir {

/// A picture, a sound or a video: its bytes, or where it is.
///
/// As an input: bytes, or an http(s) or `data:` URL. A URL is handed to providers that fetch it
/// themselves, and is fetched by weir, without any credential, for the others.
/// As a result: the bytes, unless the request says otherwise (save_to(), keep_urls()).
class media {
public:
  media() = default;
  /// `content_type`: such as `image/png`; empty: told from the bytes.
  explicit media(std::string bytes, std::string content_type = {});
  static media at(std::string url);
  /// The contents of a file of at most `limit` bytes, and its name.
  /// \throws weir::error errc::invalid_argument if it cannot be read, or is larger.
  static media file(const std::string& path, std::size_t limit = std::size_t{64} << 20);

  std::string bytes;
  std::string content_type; ///< Empty where it is not known.
  std::string url;          ///< Where the provider keeps it, or where it is to be fetched.
  std::string path;         ///< The file that the bytes were saved to.
  std::string name;         ///< Of an input's file, without its folders: uploads keep it.
};

/// The content type that a file's first bytes show; empty if they are none of those that inference deals with.
/// Images: PNG, JPEG, GIF, WebP, HEIC, HEIF, AVIF, JPEG XL, BMP, TIFF, SVG, icons. Sounds: WAV, FLAC, OGG, MP3, AAC,
/// M4A, AIFF, AMR, CAF, AU. Videos: MP4, QuickTime, WebM, Matroska, AVI, 3GP, MPEG, ASF. And PDF.
std::string_view content_type_of(std::string_view bytes) noexcept;
/// `png` for `image/png`, `bin` for what is not known.
std::string_view file_extension(std::string_view content_type) noexcept;

} // namespace weir
