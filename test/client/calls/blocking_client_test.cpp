// The client for programs without coroutines, against a simulated provider on real sockets.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <weir/client/blocking_client.hpp>
#include <weir/core/scope.hpp>
#include <weir/core/within.hpp>
#include <weir/policy/observe/observe.hpp>
#include <weir/task/hub/vision_tasks.hpp>

#include "sim/server/server.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

sim::settings plain(std::size_t tokens = 5) {
  sim::settings how;
  how.tls = false;
  how.tokens = tokens;
  return how;
}

options to(const sim::server_thread& server) { return options().base_url(server.url()); }

errc code_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const error& e) {
    return static_cast<errc>(e.code().value());
  }
  return errc{};
}

} // namespace

TEST_CASE("every call blocks until its result") {
  const sim::server_thread server(plain());
  const auto scopes = scope::live();
  {
    blocking_client client(to(server));
    CHECK_FALSE(client.chat(chat("m").user("hi")).text().empty());
    CHECK_FALSE(client.run(chat("m").user("hi")).text().empty());
    CHECK_FALSE(client.run(text_generation("m").prompt("hi")).text().empty());

    std::string streamed;
    for (auto& event : client.stream(chat("m").user("hi")))
      streamed += event.text();
    CHECK_FALSE(streamed.empty());

    auto job = client.submit(chat("m").user("hi"));
    CHECK_FALSE(job.result().text().empty());
    CHECK(code_of([&] { job.result(); }) == errc::cancelled);
  }
  CHECK(scope::live() == scopes);
}

TEST_CASE("a stream that is read to its end has its outcome") {
  const sim::server_thread server(plain());
  blocking_client client(to(server));
  auto reply = client.stream(chat("m").user("hi"));
  while (reply.next()) {
  }
  CHECK(reply.outcome() == outcome::complete);
  CHECK(reply.finish_reason() == "stop");
  CHECK(reply.usage().completion_tokens == 5);
  CHECK(reply.attempt().status == 200);
  CHECK_FALSE(reply.failure().failed());
  CHECK_FALSE(reply.next().has_value());

  const auto all = client.stream(chat("m").user("hi")).collect();
  CHECK(all.outcome == outcome::complete);
}

TEST_CASE("a failure is thrown on the caller's thread") {
  const sim::server_thread server(plain());
  blocking_client client(options().base_url("http://127.0.0.1:1").retry(retry().attempts(1)));
  CHECK(code_of([&] { client.chat(chat("m").user("hi")); }) == errc::connect_failed);
  CHECK(code_of([&] { client.stream(chat("m").user("hi")); }) == errc::connect_failed);
}

TEST_CASE("a limit set by the caller ends its wait") {
  auto how = plain();
  how.first_token = 1h;
  const sim::server_thread server(how);
  blocking_client client(to(server));
  const auto limited = [](weir::client& c) { return within(50ms, c.chat(chat("m").user("hi"))); };
  CHECK(code_of([&] { client.wait_for<completion>(limited); }) == errc::deadline_exceeded);
}

TEST_CASE("a reply may outlive its client, and be dropped or cancelled at any point") {
  const sim::server_thread server(plain(10'000));
  const auto scopes = scope::live();
  {
    std::optional<blocking_reply> kept;
    {
      blocking_client client(to(server));
      auto dropped = client.stream(chat("m").user("hi"));
      CHECK(dropped.next().has_value());
      kept = client.stream(chat("m").user("hi"));
    }
    CHECK(kept->next().has_value());
    kept->cancel();
    CHECK(kept->outcome() == outcome::cancelled);
  }
  CHECK(scope::live() == scopes);
}

TEST_CASE("results can be default-constructed, as Asio's futures and callbacks require beside an exception") {
  const sim::server_thread server(plain());
  asio::io_context io;
  client one(to(server));
  auto future = asio::co_spawn(io, one.stream(chat("m").user("hi")), asio::use_future);
  while (future.wait_for(0s) != std::future_status::ready)
    io.run_one();
  CHECK(future.get().outcome() != outcome::cancelled);

  reply none;
  CHECK(none.outcome() == outcome::cancelled);
  io.restart();
  std::optional<event> e;
  asio::co_spawn(io, none.next(), [&](std::exception_ptr, std::optional<event> got) { e = std::move(got); });
  job<completion> no_job;
  errc why{};
  asio::co_spawn(io, no_job.result(), [&](std::exception_ptr failed, completion) {
    why = static_cast<errc>(failure_of(failed).code().value());
  });
  io.run();
  CHECK_FALSE(e.has_value());
  CHECK(why == errc::cancelled);
}

TEST_CASE("several threads share one client") {
  const sim::server_thread server(plain());
  blocking_client client(to(server));
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 5; ++n) {
        std::string text;
        for (auto& event : client.stream(chat("m").user("hi")))
          text += event.text();
        answered += !text.empty();
      }
    });
  for (auto& t : threads)
    t.join();
  CHECK(answered == 40);
}

TEST_CASE("a call on the client's own thread is refused: it would wait for itself") {
  const sim::server_thread server(plain());
  blocking_client* inside = nullptr;
  errc seen{};
  auto observed = to(server).observe(
      on_call([&](const call_record&) { seen = code_of([&] { inside->chat(chat("m").user("again")); }); }));
  blocking_client client(std::move(observed));
  inside = &client;
  client.chat(chat("m").user("hi"));
  CHECK(seen == errc::wrong_executor);
}
