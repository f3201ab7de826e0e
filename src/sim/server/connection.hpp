// One connection of the server: reads requests, carries out plans.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sim/load/seats.hpp"
#include "sim/responder.hpp"
#include "sim/server/counters.hpp"
#include "sim/server/pacer.hpp"
#include "sim/server/transport.hpp"

namespace weir::inline v0::sim {

/// What the server's connections share.
class household {
public:
  household(boost::asio::any_io_executor ex, settings s, std::shared_ptr<counters> c)
      : how(std::move(s)), seen(std::move(c)), mind(how), requests(how.capacity.requests_per_s),
        places(std::make_shared<seats>(how.capacity.slots, how.capacity.queue)),
        pace(std::make_shared<pacer>(std::move(ex))) {}
  settings how;
  std::shared_ptr<counters> seen;
  responder mind;
  request_limit requests;
  std::shared_ptr<seats> places;
  std::shared_ptr<pacer> pace;
  const std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  std::optional<std::chrono::steady_clock::time_point> first_request;
  std::function<void()> on_behind; ///< Called when batches are behind with their lines.

  void count_batches() const {
    seen->batches_created = mind.batches().created();
    seen->lines_answered = mind.batches().lines_answered();
  }
};

/// Time here is the steady clock's, not weir::time_of()'s: the peer is behind a real socket, so virtual time would run
/// ahead of what is in flight.
///
/// Object lifetimes: run() and the socket's watch keep it alive.
/// Thread safety: none; everything on the socket's executor.
class connection : public std::enable_shared_from_this<connection>, private pacer::guest {
public:
  using clock = std::chrono::steady_clock;

  connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<household> house, std::unique_ptr<transport> wire,
             greeting hello);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Serves until the peer or a plan ends it. Spawn with a copy of the shared pointer.
  boost::asio::awaitable<void> run();
  /// Closes it at once; run() returns soon after.
  void close() noexcept;
  /// Whether it has waited for its peer longer than the limit.
  bool overdue(clock::time_point now) const noexcept { return now > patience_; }

private:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  /// What a stream has to do next.
  enum class step { wait, flush, yield, piece, stall, end };
  class streaming {
  public:
    streaming() = default;
    plan* how = nullptr;
    clock::time_point due{};
    step next = step::wait;
    bool holds = false; ///< event_ has not been staged.
    std::uint64_t tokens = 0;
    int batches = 0;
  };

  awaitable<bool> handshake();
  awaitable<std::optional<request>> receive();
  awaitable<bool> perform(plan p, bool keep_alive);
  awaitable<bool> seated(std::shared_ptr<seats::guest> me);
  bool limit(plan& p);
  duration gap_of(plan& p) const;
  void tell_completed(const plan& p) const;
  awaitable<bool> send_whole(plan& p);
  awaitable<bool> send_stream(plan& p);
  step advance();
  std::optional<clock::time_point> on_due() override;
  awaitable<bool> until_due();
  awaitable<bool> send_piece(plan& p);
  awaitable<bool> send_end(plan& p);
  awaitable<bool> outlast_peer();

  bool try_flush();
  awaitable<bool> ready(progress);
  awaitable<bool> sleep_until(clock::time_point);
  clock::time_point after_stalls(clock::time_point due) const;
  awaitable<bool> flush();

  void write_head(const plan& p, bool keep_alive);
  bool stage(const plan& p, std::string_view body);
  void break_off(const plan& p);
  void watch();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<household> house_;
  std::unique_ptr<transport> wire_;
  greeting hello_;
  clock::time_point patience_ = clock::time_point::max();

  std::string in_;
  std::string out_;
  std::string event_;
  streaming stream_;
  std::uint64_t body_sent_ = 0;
  bool busy_ = false;     ///< A response is due: if the peer disconnects, it cancels.
  bool watching_ = false; ///< A wait for the peer to disconnect is pending.
  bool gone_ = false;
  bool closed_ = false;
};

} // namespace weir::inline v0::sim
