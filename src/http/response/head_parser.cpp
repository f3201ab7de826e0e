// The one translation unit that includes Beast, as a codec only.
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "http/response/head_parser.hpp"

namespace weir::inline v0::http {

namespace beast = boost::beast::http;

bool parse_head(std::string_view text, response_head& out) {
  beast::response_parser<beast::empty_body> parser;
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
