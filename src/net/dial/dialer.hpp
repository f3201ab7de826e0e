// Opens a TCP connection to one of several addresses, or a Unix socket.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>

#include <weir/net/stream.hpp>

#include "net/dial/resolver.hpp"

namespace weir::inline v0::net {

/// Connects to the first of `to` that accepts, by Happy Eyeballs: a new attempt every
/// 250 ms, or at once when one fails. TCP_NODELAY and SO_KEEPALIVE are set. The others are closed.
/// `name` is what error messages call the peer.
/// Errors: weir::error errc::connect_failed, naming each address and its error; errc::out_of_resources.
/// Cancellation: terminal; every attempt is closed.
boost::asio::awaitable<stream_ptr> dial(addresses to, std::uint16_t port, std::string name);

/// Errors: weir::error errc::connect_failed. Cancellation: terminal.
boost::asio::awaitable<stream_ptr> dial_unix(std::string path);

} // namespace weir::inline v0::net
