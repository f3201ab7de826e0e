#include "net/tls/tls_fixture.hpp"

#include <vector>

#include "net/dial/connector.hpp"

namespace test {

namespace {

class loopback_resolver final : public weir::net::resolver {
public:
  asio::awaitable<weir::net::addresses> resolve(std::string) override {
    co_return weir::net::addresses(1, asio::ip::address_v4::loopback());
  }
};

} // namespace

std::shared_ptr<weir::net::resolver> loopback_names() { return std::make_shared<loopback_resolver>(); }

const key_and_certificate& root_ca() {
  static const key_and_certificate made = make_ca("weir test root");
  return made;
}

weir::net::tls_settings trusting(const key_and_certificate& ca) {
  static std::vector<std::unique_ptr<temporary_file>> files;
  files.push_back(std::make_unique<temporary_file>(ca.certificate_pem()));
  return weir::net::tls_settings().ca_file(files.back()->path());
}

key_and_certificate identity_for(const std::string& names) {
  certificate_recipe r;
  r.alternative_names = names;
  return make_certificate(r, &root_ca());
}

std::shared_ptr<weir::net::connector> client(std::shared_ptr<weir::net::tls_context> tls,
                                             weir::net::connect_settings settings) {
  return weir::net::make_connector(std::move(settings), loopback_names(), std::move(tls));
}

weir::failure connect_to(const std::string& host, std::uint16_t port, const weir::net::tls_settings& settings) {
  weir::failure out;
  run([&]() -> asio::awaitable<void> {
    const auto c = client(std::make_shared<weir::net::tls_context>(settings));
    weir::net::connect_times times;
    weir::net::origin to("https", host, port);
    out = co_await failure_of(c->connect(to, times));
  });
  return out;
}

} // namespace test
