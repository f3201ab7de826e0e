// Origins, declared in weir/net/stream.hpp.
#include <weir/net/stream.hpp>

namespace weir::inline v0::net {

origin::origin(std::string scheme, std::string host, std::uint16_t port) {
  auto made = std::make_shared<all>();
  made->scheme = std::move(scheme);
  made->host = std::move(host);
  made->port = port;
  const bool usual = port == (made->scheme == "https" ? 443 : 80);
  const bool literal = made->host.find(':') != std::string::npos;
  made->text = made->scheme + "://";
  made->text += literal ? '[' + made->host + ']' : made->host;
  if (!usual)
    made->text += ':' + std::to_string(port);
  parts_ = std::move(made);
}

// Of an origin that is none.
const origin::all& origin::parts() const noexcept {
  static const all none;
  return parts_ ? *parts_ : none;
}

} // namespace weir::inline v0::net
