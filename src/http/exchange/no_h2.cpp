// Built where nghttp2 is not installed.
#include "http/exchange/h2.hpp"

namespace weir::inline v0::http {

bool has_h2() noexcept { return false; }
net::make_carrier h2_carriers(h2_trouble) { return nullptr; }
std::unique_ptr<exchange> make_h2_exchange(const std::shared_ptr<net::carrier>&, const reader_limits&) {
  return nullptr;
}

} // namespace weir::inline v0::http
