// The seam to HTTP/2, which a build may be without.
#pragma once

#include <functional>
#include <memory>

#include "http/exchange/exchange.hpp"
#include "http/response/response_reader.hpp"
#include "net/pool/carrier.hpp"

namespace weir::inline v0::http {

/// Whether this build has HTTP/2.
bool has_h2() noexcept;

/// Told of an origin whose connections of HTTP/2 do not work: `required`: the server itself wants HTTP/1.1, otherwise
/// one of them fell silent.
using h2_trouble = std::function<void(const net::origin& of, bool required)>;

/// Makes the carriers of connections that chose "h2"; empty if this build has no HTTP/2.
net::make_carrier h2_carriers(h2_trouble tell);

/// An exchange over a carrier of h2_carriers().
std::unique_ptr<exchange> make_h2_exchange(const std::shared_ptr<net::carrier>& over, const reader_limits& limits);

} // namespace weir::inline v0::http
