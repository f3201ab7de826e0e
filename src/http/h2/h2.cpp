// The seam, declared in http/exchange/h2.hpp.
#include "http/exchange/h2.hpp"
#include "http/h2/exchange.hpp"

namespace weir::inline v0::http {

bool has_h2() noexcept { return true; }

net::make_carrier h2_carriers(h2_trouble tell) {
  return [tell = std::move(tell)](net::shared_stream over, const net::origin& to,
                                  const boost::asio::any_io_executor& ex) -> std::shared_ptr<net::carrier> {
    h2::connection::troubled told;
    if (tell)
      told = [tell, to](const h2::connection::trouble& t) { tell(to, t.requires_h1); };
    return h2::connection::make(std::move(over), ex, h2::session_settings(), std::move(told));
  };
}

std::unique_ptr<exchange> make_h2_exchange(const std::shared_ptr<net::carrier>& over, const reader_limits& limits) {
  return std::make_unique<h2::exchange>(std::static_pointer_cast<h2::connection>(over), limits);
}

} // namespace weir::inline v0::http
