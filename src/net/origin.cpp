// Origins, declared in weir/net/stream.hpp.
#include <weir/net/stream.hpp>

namespace weir::inline v0::net {

std::string origin::authority() const {
  const bool v6 = host_.find(':') != std::string::npos;
  std::string out = v6 ? '[' + host_ + ']' : host_;
  if (port_ != (tls() ? 443 : 80))
    out += ':' + std::to_string(port_);
  return out;
}

std::string origin::text() const { return scheme_ + "://" + authority(); }

} // namespace weir::inline v0::net
