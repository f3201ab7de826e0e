// Simulated time and network, and a provider that answers as a test says: no clock, no socket, no sleep.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/time.hpp>
#include <weir/net/stream.hpp>
#include <weir/testing/fake_provider.hpp>

WEIR_BEGIN_NAMESPACE
namespace testing {

/// A clock that stands still until run() steps it to the next wait.
///
/// Object lifetimes: owned by the context. Waits left when the context is destroyed are
/// destroyed with it, as a timer's are. Thread safety: none; one thread runs the context.
class manual_time final : public time_source {
public:
  /// Replaces the context's time source. Call before any weir object uses the context.
  static manual_time& install(boost::asio::io_context& context);
  /// The context's manual time. \throws std::logic_error if it has another time source.
  static manual_time& of(boost::asio::io_context& context);

  ~manual_time() override;

  time_point now() const noexcept override;
  /// Starts at 2026-01-01T00:00:00Z and moves with now().
  std::chrono::system_clock::time_point wall() const noexcept override;
  void async_wait(boost::asio::any_io_executor executor, time_point when, wait_handler handler) override;

  /// When the earliest wait ends; `never` if there is none.
  time_point next() const noexcept;
  /// How many waits there are.
  std::size_t waits() const noexcept;
  /// Moves the clock, never back, and completes the waits that are due, in the order of
  /// their instants and then of their starts. Their handlers run when the context does.
  void advance_to(time_point when);

private:
  class queue;
  explicit manual_time(queue& q) noexcept : queue_(&q) {}
  queue* queue_;
};

/// Runs a context on manual time: polls until nothing is ready, steps to the next wait, and
/// so on until no wait is left, or until `limit` of virtual time has passed (the clock then
/// stands at the limit exactly).
/// \returns true if nothing is outstanding; false if the limit was reached, the context was stopped, or an operation
/// waits for something that never comes, such as a stalled stream.
/// \throws what a handler throws. Real sockets are polled, not waited for.
bool run(boost::asio::io_context& context, duration limit = duration::max());

/// What a scripted peer does, step by step. Replies do not wait for the client to read.
///
///     script().expect("POST /v1/chat").reply(head).slice(1).reply(body).close()
class script {
public:
  script() = default;

  /// Waits until `text` has been written, anywhere after the end of what the previous
  /// expectation matched.
  script& expect(std::string text);
  /// Waits until the next bytes are exactly these. Any others are a problem, and cut the stream.
  script& expect_bytes(std::string bytes);
  /// Sends bytes. One read never spans two replies.
  script& reply(std::string bytes);
  /// Makes the replies that follow arrive in reads of `n` bytes, with would_block between
  /// them; 0 is everything at once.
  script& slice(std::size_t n);
  /// Takes writes from here on `n` bytes at a time, with would_block between them; 0 is
  /// everything at once.
  script& accept(std::size_t n);
  /// Takes no more writes: they report would_block from here on.
  script& block_writes();
  /// Does nothing for a while.
  script& pause(duration d);
  /// Reads report `ec` after what was sent, and writes `ec` at once, for good.
  script& fail(error_code ec);
  /// Writes report `ec` from here on; reads go on.
  script& refuse_writes(error_code ec);
  /// Never does anything again.
  script& stall();
  /// Orderly end: reads report eof after what was sent; writes are swallowed.
  script& close();
  /// The connection breaks: fail(errc::connection_lost).
  script& cut();

private:
  friend class scripted_peer;
  friend class fake_provider;
  /// Looks at the bytes that no step has matched yet, adds to `then` what to do about them, and returns how many they
  /// are; 0 to wait for more.
  using reaction = std::function<std::size_t(std::string_view unmatched, script& then)>;
  /// Does so for as long as the connection lasts: a server, in place of a fixed course.
  script& react(reaction with);
  enum class kind {
    expect,
    expect_bytes,
    reply,
    slice,
    accept,
    block_writes,
    pause,
    fail,
    refuse_writes,
    stall,
    close,
    react
  };
  struct step {
    step(kind k, std::string t, std::size_t n, duration p, error_code e)
        : what(k), text(std::move(t)), count(n), length(p), ec(e) {}
    kind what;
    std::string text;
    std::size_t count;
    duration length;
    error_code ec;
    reaction with;
  };
  script& add(kind k, std::string text = {}, std::size_t count = 0, duration length = {}, error_code ec = {});
  std::vector<step> steps_;
};

/// What was seen on one scripted connection. Outlives the stream.
struct recording {
  recording() = default;
  net::origin to;
  std::string sent;                  ///< Every byte the client wrote.
  std::vector<std::string> problems; ///< Expectations not met, and misuse of the stream.
  std::size_t received = 0;          ///< How many bytes the client has read.
  bool finished = false;             ///< Every step was played.
  bool closed = false;               ///< The client closed or destroyed the stream.
};

/// A stream that plays a script. Its waits and pauses use the time source of `executor`'s context, and never complete
/// inline. Destroying it before a wait's handler was called is a problem, also reported on stderr, and so is cancelling
/// that wait afterwards.
net::stream_ptr play(boost::asio::any_io_executor executor, script s, std::shared_ptr<recording> record = nullptr);

/// Hands out streams that play scripts, in the order they were added.
///
/// Object lifetimes: streams may outlive the connector. Thread safety: none.
class scripted_connector final : public net::connector {
public:
  scripted_connector();
  ~scripted_connector() override;

  /// The next connection succeeds and plays `s`.
  scripted_connector& add(script s);
  /// Played whenever no other step is left; without it such a connect fails and is a problem.
  scripted_connector& otherwise(script s);
  /// The next connect fails with weir::error.
  scripted_connector& refuse(errc code = errc::connect_failed);
  /// The next connect never completes by itself.
  scripted_connector& stall();
  /// The connect that is added next takes that long.
  scripted_connector& delay(duration d);

  boost::asio::awaitable<net::stream_ptr> connect(net::origin to, net::connect_times& times) override;

  std::size_t attempts() const noexcept;
  std::size_t opened() const noexcept;
  std::size_t closed() const noexcept;
  std::size_t live() const noexcept { return opened() - closed(); }
  /// The connections in the order they were opened.
  const std::vector<std::shared_ptr<recording>>& connections() const noexcept;
  /// The problems of all connections and of the connector itself; one a line, empty if none.
  /// A script that is not finished is not a problem by itself.
  std::string problems() const;

private:
  class state;
  std::unique_ptr<state> state_;
};

} // namespace testing
WEIR_END_NAMESPACE
