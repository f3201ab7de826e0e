// A client on simulated time over a scripted network, and the answers of its providers.
#pragma once

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/client/client.hpp>
#include <weir/core/within.hpp>
#include <weir/testing.hpp>

#include "client/answers.hpp"

namespace weir::inline v0::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::script;

/// Expects a complete chat request.
script expect_request();

/// Options without policies: the transport alone.
options bare(options o);

/// What a reply gave, read to its end.
class seen {
public:
  seen() = default;
  std::string text;
  std::size_t events = 0;
  bool opened = false;
  error_code code; ///< What stream() or next() threw.
  std::string what;
  weir::outcome outcome = outcome::failed;
  weir::usage usage;
  std::string finish_reason;
  duration ended{}; ///< Since the bench was made.
};

class bench {
public:
  /// Options for a chat server on a URL of its own, over the bench's network.
  static options plain();

  /// Without policies: see bare().
  explicit bench(options o = plain());
  /// With them.
  class with_policies {
  public:
    explicit with_policies(options o = plain()) : o(std::move(o)) {}
    options o;
  };
  explicit bench(with_policies p);
  ~bench();

  /// Starts `body` in the bench's scope. A body that throws is a failed check.
  template <class F>
  void spawn(F body) {
    ++running;
    asio::co_spawn(executor(), std::move(body), [this](std::exception_ptr e) {
      --running;
      CHECK_FALSE(e);
    });
  }
  /// Starts it and plays until nothing happens any more. \returns whether nothing is stuck.
  template <class F>
  bool run(F body) {
    spawn(std::move(body));
    return testing::run(io) && running == 0;
  }

  /// Opens a streamed chat and reads it to its end, whatever that is.
  asio::awaitable<void> read(seen& s, weir::chat ask = weir::chat("m").user("hi"));
  asio::awaitable<void> read(seen& s, weir::text_generation ask);
  /// Reads the rest of a reply.
  asio::awaitable<void> drain(reply& r, seen& s);
  /// Opens a reply and reads it to its end.
  asio::awaitable<void> read_from(seen& s, asio::awaitable<reply> opening);
  /// Plays one streamed chat.
  seen stream_chat();

  asio::any_io_executor executor() { return weir::executor(root); }
  testing::manual_time& time() { return testing::manual_time::of(io); }
  duration now() { return time().now() - start; }
  weir::client& client() { return *one; }

  /// Destroys the client and checks that nothing is left: sockets, timers, scopes, problems.
  void check_clean();

  std::size_t scopes_before = scope::live();
  asio::io_context io{1};
  std::shared_ptr<testing::scripted_connector> net = std::make_shared<testing::scripted_connector>();
  std::shared_ptr<scope> root;
  time_point start{};
  int running = 0;
  std::optional<weir::client> one;
};

/// The code of what `call` throws when it is awaited; no error if it does not.
template <class T>
asio::awaitable<error_code> code_of(asio::awaitable<T> call, failure* why = nullptr) {
  try {
    co_await std::move(call);
  } catch (const error& e) {
    if (why)
      *why = e.failure();
    co_return e.code();
  } catch (const boost::system::system_error& e) {
    co_return e.code();
  }
  co_return error_code();
}

} // namespace weir::inline v0::test
