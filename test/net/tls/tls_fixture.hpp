// What the TLS tests share: one CA, names that resolve to loopback, short-lived clients.
#pragma once

#include <string>

#include <weir/net/settings.hpp>

#include "net/certificates.hpp"
#include "net/dial/resolver.hpp"
#include "net/run.hpp"
#include "net/tls/tls_context.hpp"

namespace test {

/// Resolves every name to 127.0.0.1.
std::shared_ptr<weir::net::resolver> loopback_names();

const key_and_certificate& root_ca();

/// Settings that trust `ca` alone. The file lives as long as the program.
weir::net::tls_settings trusting(const key_and_certificate& ca);

/// A certificate for `names` (`DNS:…`) by root_ca().
key_and_certificate identity_for(const std::string& names);

/// Connects directly, with names that resolve to loopback.
std::shared_ptr<weir::net::connector>
client(std::shared_ptr<weir::net::tls_context> tls,
       weir::net::connect_settings settings = weir::net::connect_settings().proxy(weir::net::proxy_settings::none()));

/// Connects once, and says what failed.
weir::failure connect_to(const std::string& host, std::uint16_t port, const weir::net::tls_settings& settings);

} // namespace test
