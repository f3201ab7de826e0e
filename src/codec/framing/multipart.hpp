// multipart/form-data (RFC 7578), written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::codec {

/// A form with files. Holds views: what it is given must outlive it.
class form_data {
public:
  /// \param limit the longest body to write, in bytes.
  explicit form_data(std::size_t limit = std::size_t{256} << 20) : limit_(limit) {}

  /// A field of text.
  /// \throws weir::error errc::invalid_argument for a name with a control character, or over the limit.
  void add(std::string_view name, std::string_view value);
  /// A file. \throws weir::error as add(), also for such a file name or content type.
  void add_file(std::string_view name, std::string_view file_name, std::string_view content_type,
                std::string_view bytes);

  /// Whether a part contains the boundary, which then separates nothing.
  bool clashes(std::string_view boundary) const noexcept;
  /// The whole body. \throws weir::error errc::invalid_argument for a boundary that clashes, or that is not valid (RFC
  /// 2046, section 5.1.1: 1 to 70 characters; here only letters, digits and `-`).
  std::string body(std::string_view boundary) const;
  /// The header's value.
  static std::string content_type(std::string_view boundary);

private:
  class part {
  public:
    std::string head;
    std::string_view content;
  };
  void append(std::string head, std::string_view content);

  std::size_t limit_;
  std::size_t size_ = 0;
  std::vector<part> parts_;
};

} // namespace weir::inline v0::codec
