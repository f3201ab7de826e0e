#include <weir/task/chat.hpp>

#include <openssl/evp.h>

#include <limits>

#include <weir/task/media.hpp>

namespace weir::inline v0 {

content_part content_part::image(std::string_view bytes, std::string_view mime, std::string detail) {
  if (mime.empty())
    mime = content_type_of(bytes);
  if (mime.empty() || mime.find_first_of(";, \r\n\t") != std::string_view::npos)
    throw error(errc::invalid_argument,
                "an image needs a valid content type, such as image/png, if its bytes do not show it");
  // EVP_EncodeBlock counts in int.
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max() / 4 * 3 - 3))
    throw error(errc::invalid_argument, "the image is over 1.5 GB");
  std::string url = "data:" + std::string(mime) + ";base64,";
  const auto head = url.size();
  url.resize(head + (bytes.size() + 2) / 3 * 4 + 1); // EVP_EncodeBlock ends with NUL
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto written =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(url.data() + head), from, static_cast<int>(bytes.size()));
  url.resize(head + static_cast<std::size_t>(written));
  return image_url(std::move(url), std::move(detail));
}

} // namespace weir::inline v0
