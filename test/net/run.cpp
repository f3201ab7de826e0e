#include "net/run.hpp"

#include <boost/asio/error.hpp>

#include "net/wait.hpp"

namespace test {

asio::awaitable<void> write(weir::net::stream& s, std::string text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    weir::error_code ec;
    rest.remove_prefix(s.write_some(asio::const_buffer(rest.data(), rest.size()), ec));
    if (ec == asio::error::would_block)
      co_await weir::net::ready(s, weir::net::direction::write);
    else if (ec)
      throw boost::system::system_error(ec);
  }
}

asio::awaitable<std::string> read(weir::net::stream& s, std::size_t size, weir::error_code& ec) {
  std::string out;
  while (out.size() < size) {
    std::string part(size - out.size(), '\0');
    part.resize(s.read_some(asio::mutable_buffer(part.data(), part.size()), ec));
    out += part;
    if (ec == asio::error::would_block)
      co_await weir::net::ready(s, weir::net::direction::read);
    else if (ec)
      break;
  }
  co_return out;
}

} // namespace test
