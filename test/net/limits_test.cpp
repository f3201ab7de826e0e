// A process that runs out of descriptors, memory or threads.
#include <doctest/doctest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/dial/dialer.hpp"
#include "net/dial/resolver.hpp"
#include "net/limits.hpp"
#include "net/own_limit.hpp"
#include "net/run.hpp"

using namespace weir::net;
using weir::errc;

namespace asio = boost::asio;

namespace {

void check_own(const weir::failure& f) {
  CHECK(f.code() == errc::out_of_resources);
  CHECK(f.code() == weir::condition::local);
  CHECK_MESSAGE(f.message().find("ulimit -n") != std::string::npos, f.message());
}

} // namespace

TEST_CASE("running out of descriptors is not the peer's failure") {
  test::run([]() -> asio::awaitable<void> {
    // Makes the context open its own.
    const asio::ip::tcp::socket first(co_await asio::this_coro::executor);
    const test::no_descriptors now;
    addresses to(1, asio::ip::make_address("127.0.0.1"));
    check_own(co_await test::failure_of(dial(to, 1, "peer")));
    to.push_back(asio::ip::make_address("::1"));
    check_own(co_await test::failure_of(dial(to, 1, "peer")));
    check_own(co_await test::failure_of(dial_unix("/tmp/weir-no-such-socket")));
  });
}

TEST_CASE("running out of descriptors is not an unknown name") {
  test::run([]() -> asio::awaitable<void> {
    const auto names = make_resolver();
    // What getaddrinfo loads at first stays loaded.
    co_await test::failure_of(names->resolve("localhost"));
    const test::no_descriptors now;
    check_own(co_await test::failure_of(names->resolve("weir-no-such-name.invalid")));
  });
}

TEST_CASE("local limits are recognised by their errors, and each says what to do") {
  const auto words = [](int e) {
    return own_limit("it failed", weir::error_code(e, boost::system::system_category())).failure().message();
  };
  CHECK(words(EMFILE).find("ulimit -n") != std::string::npos);
  CHECK(words(ENFILE).find("fs.file-max") != std::string::npos);
  CHECK(words(EADDRNOTAVAIL).find("local port") != std::string::npos);
  CHECK(words(EAGAIN).find("ulimit -u") != std::string::npos);
  CHECK(words(ENOMEM).find("memory") != std::string::npos);
  CHECK(is_own_limit(asio::error::no_descriptors));
  CHECK_FALSE(is_own_limit(asio::error::connection_refused));
  CHECK_FALSE(is_own_limit(weir::make_error_code(errc::connect_failed)));
  CHECK_FALSE(is_own_limit(asio::error::host_not_found));
  CHECK_FALSE(is_own_limit({}));
  CHECK_FALSE(socket_limit());
  const test::no_descriptors now;
  CHECK(socket_limit() == asio::error::no_descriptors);
}
