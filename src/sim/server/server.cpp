#include "sim/server/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>
#include <netinet/tcp.h>
#include <optional>
#include <set>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>

#include "sim/server/certificates.hpp"
#include "sim/server/connection.hpp"

namespace weir::inline v0::sim {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::deferred);
constexpr duration longest_sweep_interval = std::chrono::seconds(1);
/// After a failed accept, which usually means that descriptors ran out.
constexpr auto accept_pause = std::chrono::milliseconds(50);
constexpr std::size_t certificate_kinds = 5;

/// A file that exists as long as this object.
class temporary_file {
public:
  explicit temporary_file(const std::string& content) {
    std::error_code ec;
    const auto folder = std::filesystem::temp_directory_path(ec);
    if (ec)
      refuse("TMPDIR", ec.value());
    path_ = (folder / "weir-sim-ca-XXXXXX").string();
    const int descriptor = ::mkstemp(path_.data());
    if (descriptor < 0)
      refuse(folder.string(), errno);
    const auto written = ::write(descriptor, content.data(), content.size());
    const int problem = written == static_cast<ssize_t>(content.size()) ? 0 : written < 0 ? errno : ENOSPC;
    ::close(descriptor);
    if (problem == 0)
      return;
    ::unlink(path_.c_str());
    refuse(folder.string(), problem);
  }
  ~temporary_file() { ::unlink(path_.c_str()); }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  const std::string& path() const noexcept { return path_; }

private:
  [[noreturn]] static void refuse(const std::string& where, int number) {
    throw error(errc::invalid_argument, "the CA file cannot be written to " + where + ": " + std::strerror(number));
  }

  std::string path_;
};

} // namespace

class server::impl : public std::enable_shared_from_this<impl> {
public:
  impl(asio::io_context& context, settings how)
      : acceptor(context), sweeper(context), seen(std::make_shared<counters>()),
        house(std::make_shared<household>(context.get_executor(), std::move(how), seen)) {}

  void start() {
    const tcp::endpoint here(asio::ip::make_address(house->how.address), house->how.port);
    acceptor.open(here.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(here);
    acceptor.listen(tcp::acceptor::max_listen_connections);
    send_plainly();
    endpoint = acceptor.local_endpoint();
    if (house->how.tls) {
      trust.emplace();
      ca_file.emplace(trust->pem());
    }
    asio::co_spawn(acceptor.get_executor(), accept(shared_from_this()), asio::detached);
    asio::co_spawn(acceptor.get_executor(), sweep(shared_from_this()), asio::detached);
    house->on_behind = [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && !std::exchange(self->working, true))
        asio::co_spawn(self->acceptor.get_executor(), work(self), asio::detached);
    };
  }

  void stop() {
    stopped = true;
    error_code ignored;
    acceptor.close(ignored);
    sweeper.cancel();
    // A copy: a closed connection may leave the set.
    const auto all = guests;
    for (const auto& weak : all)
      if (const auto guest = weak.lock())
        guest->close();
    guests.clear();
    ca_file.reset();
  }

  // Some systems pace what is sent by a model of the path, with a timer for each connection. That is nothing for
  // peers on the same machine. Connections have it from the acceptor; every Linux has Reno.
  void send_plainly() noexcept {
#ifdef TCP_CONGESTION
    constexpr std::string_view how = "reno";
    ::setsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_CONGESTION, how.data(), how.size());
#endif
  }

  tcp::acceptor acceptor;
  asio::steady_timer sweeper;
  tcp::endpoint endpoint;
  std::shared_ptr<counters> seen;
  std::shared_ptr<household> house;
  std::optional<temporary_file> ca_file;
  bool stopped = false;
  bool working = false; ///< On the lines of batches.

private:
  using guest_set = std::set<std::weak_ptr<connection>, std::owner_less<>>;

  static asio::awaitable<void> accept(std::shared_ptr<impl> self) {
    while (!self->stopped) {
      auto [ec, socket] = co_await self->acceptor.async_accept(no_throw);
      if (self->stopped)
        co_return;
      if (ec) {
        asio::steady_timer pause(self->acceptor.get_executor(), accept_pause);
        co_await pause.async_wait(no_throw);
        continue;
      }
      if (self->guests.size() < self->house->how.max_connections)
        self->welcome(std::move(socket));
    }
  }

  static asio::awaitable<void> sweep(std::shared_ptr<impl> self) {
    const auto interval = std::min(longest_sweep_interval, self->house->how.idle_limit);
    while (!self->stopped) {
      self->sweeper.expires_after(interval);
      co_await self->sweeper.async_wait(no_throw);
      const auto now = connection::clock::now();
      std::erase_if(self->guests, [&](const std::weak_ptr<connection>& weak) {
        const auto guest = weak.lock();
        if (guest && guest->overdue(now))
          guest->close();
        return !guest;
      });
    }
  }

  /// Answers lines of batches, between the requests of others.
  static asio::awaitable<void> work(std::shared_ptr<impl> self) {
    const auto executor = self->acceptor.get_executor();
    while (!self->stopped && self->house->mind.work(time_of(executor).wall())) {
      self->house->count_batches();
      co_await asio::post(executor, asio::deferred);
    }
    self->house->count_batches();
    self->working = false;
  }

  static asio::awaitable<void> serve(std::shared_ptr<impl> self, std::shared_ptr<connection> guest) {
    co_await guest->run();
    self->guests.erase(guest);
  }

  void welcome(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto hello = house->mind.greet();
    auto wire = house->how.tls ? make_tls_transport(socket.native_handle(), identity(hello.identity))
                               : make_plain_transport(socket.native_handle());
    auto guest = std::make_shared<connection>(std::move(socket), house, std::move(wire), hello);
    guests.insert(guest);
    asio::co_spawn(acceptor.get_executor(), serve(shared_from_this(), std::move(guest)), asio::detached);
  }

  const tls_identity& identity(certificate kind) {
    auto& slot = identities[static_cast<std::size_t>(kind)];
    if (!slot)
      slot.emplace(trust->issue(kind));
    return *slot;
  }

  std::optional<authority> trust;
  std::array<std::optional<tls_identity>, certificate_kinds> identities;
  guest_set guests;
};

server::server(asio::io_context& context, settings how) : impl_(std::make_shared<impl>(context, std::move(how))) {}

server::~server() { stop(); }

void server::start() { impl_->start(); }

void server::stop() { impl_->stop(); }

std::uint16_t server::port() const noexcept { return impl_->endpoint.port(); }

std::string server::url() const {
  const auto address = impl_->endpoint.address();
  std::string out = impl_->house->how.tls ? "https://" : "http://";
  if (address.is_v6())
    out.append("[").append(address.to_string()).append("]");
  else
    out.append(address.to_string());
  return out.append(":").append(std::to_string(port()));
}

const std::string& server::ca_file() const noexcept {
  static const std::string none;
  return impl_->ca_file ? impl_->ca_file->path() : none;
}

void server::faults(std::vector<fault_rule> rules) { impl_->house->mind.faults(std::move(rules)); }

std::shared_ptr<const counters> server::seen() const noexcept { return impl_->seen; }

server_thread::server_thread(settings how) : server_(context_, std::move(how)) {
  server_.start();
  url_ = server_.url();
  port_ = server_.port();
  ca_file_ = server_.ca_file();
  seen_ = server_.seen();
  thread_ = std::thread([this] { context_.run(); });
}

server_thread::~server_thread() {
  asio::post(context_, [this] { server_.stop(); });
  thread_.join();
}

void server_thread::faults(std::vector<fault_rule> rules) {
  std::promise<void> done;
  asio::post(context_, [&] {
    server_.faults(std::move(rules));
    done.set_value();
  });
  done.get_future().wait();
}

} // namespace weir::inline v0::sim
