// Joins resolver, dialer, proxy and TLS into the real connector.
#pragma once

#include <memory>

#include <weir/net/settings.hpp>

#include "net/dial/downgrades.hpp"
#include "net/dial/resolver.hpp"
#include "net/tls/tls_context.hpp"

namespace weir::inline v0::net {

/// The same as make_connector(settings), over a resolver and a TLS context that may be
/// shared. The context's settings count, not settings.tls().
std::shared_ptr<connector> make_connector(connect_settings settings, std::shared_ptr<resolver> names,
                                          std::shared_ptr<tls_context> tls,
                                          std::shared_ptr<const downgrades> to_h1 = nullptr);
/// The same as make_connector(settings); HTTP/2 is not offered to the origins that `to_h1` covers. `tls_later`: no
/// connection with TLS is expected, and what it trusts is read when there is one.
std::shared_ptr<connector> make_connector(connect_settings settings, std::shared_ptr<const downgrades> to_h1,
                                          bool tls_later = false);

} // namespace weir::inline v0::net
