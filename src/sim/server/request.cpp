#include "sim/server/request.hpp"

#include <algorithm>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "core/ascii.hpp"

namespace weir::inline v0::sim {

namespace http = boost::beast::http;

std::string_view request::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers)
    if (boost::beast::iequals(key, name))
      return value;
  return {};
}

namespace {

/// The path without its escapes, such as the `%2F` of a model's name; one that is none is left as it is.
std::string unescaped(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool whole = path[i] == '%' && i + 2 < path.size();
    const int high = whole ? hex_value(path[i + 1]) : -1, low = whole ? hex_value(path[i + 2]) : -1;
    if (high < 0 || low < 0) {
      out += path[i];
    } else {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

} // namespace

class request_reader::parser : public http::request_parser<http::string_body> {};

request_reader::request_reader(std::size_t max_head, std::size_t max_body) : parser_(std::make_unique<parser>()) {
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(max_head));
  parser_->body_limit(max_body);
}

request_reader::~request_reader() = default;

std::size_t request_reader::feed(std::string_view bytes) {
  if (bytes.empty() || done() || refusal_ != 0)
    return 0;
  begun_ = true;
  boost::system::error_code ec;
  const auto used = parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  if (!ec || ec == http::error::need_more)
    return used;
  refusal_ = ec == http::error::header_limit ? 431 : ec == http::error::body_limit ? 413 : 400;
  return used;
}

bool request_reader::done() const noexcept { return parser_->is_done(); }

request request_reader::take() {
  request out;
  out.keep_alive = parser_->keep_alive();
  auto message = parser_->release();
  out.method = std::string(message.method_string());
  const std::string_view target(message.target().data(), message.target().size());
  const auto question = std::min(target.find('?'), target.size());
  out.path = unescaped(target.substr(0, question));
  out.query = std::string(target.substr(std::min(question + 1, target.size())));
  for (const auto& field : message)
    out.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  out.body = std::move(message.body());
  return out;
}

} // namespace weir::inline v0::sim
