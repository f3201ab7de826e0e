// The one translation unit that includes Beast, as a codec only.
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <array>
#include <cstddef>
#include <memory_resource>
#include <tuple>

#include "http/response/head_parser.hpp"

namespace weir::inline v0::http {

namespace beast = boost::beast::http;

bool parse_head(std::string_view text, response_head& out) {
  std::array<std::byte, 4096> most_heads;
  std::pmr::monotonic_buffer_resource memory(most_heads.data(), most_heads.size());
  const std::pmr::polymorphic_allocator<char> allocator(&memory);
  beast::response_parser<beast::empty_body, std::pmr::polymorphic_allocator<char>> parser(
      std::piecewise_construct, std::make_tuple(), std::make_tuple(allocator));
  parser.header_limit(static_cast<std::uint32_t>(text.size() + 1));
  parser.body_limit(boost::none);
  parser.skip(true);
  error_code ec;
  const auto used = parser.put(boost::asio::buffer(text.data(), text.size()), ec);
  if (ec || !parser.is_header_done() || used != text.size())
    return false;
  const auto& message = parser.get();
  out.status = static_cast<int>(message.result_int());
  out.keep_alive = parser.keep_alive();
  for (const auto& field : message)
    out.headers.add(std::string(field.name_string()), std::string(field.value()));
  return true;
}

} // namespace weir::inline v0::http
