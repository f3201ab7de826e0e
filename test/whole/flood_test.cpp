// Peers that send endlessly, faster than the client reads: limits still hold, and other tasks still run.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>

#include <weir/core/backoff.hpp>
#include <weir/core/group.hpp>
#include <weir/core/within.hpp>

#include "client/answers.hpp"
#include "whole/scenes.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using then = part::then;

namespace {

constexpr auto limit = 200ms;
// Far above the limit, far below how long a flood lasts.
constexpr auto bearable = 4s;

std::string times(int n, std::string_view piece) {
  std::string all;
  while (n-- != 0)
    all += piece;
  return all;
}

options bare(options o) {
  return std::move(o.retry(retry().attempts(1)).breaker(breaker().enabled(false)).rate_limit(rate_limit().gate(false)));
}

options at(const stage& server) { return bare(options().base_url(server.url()).ca_file(server.ca_file())); }

class seen {
public:
  seen() = default;
  error_code code;
  int ticks = 0;
  bool over = false;
};

asio::awaitable<void> tick(seen& s) {
  while (!s.over) {
    co_await sleep_for(2ms);
    ++s.ticks;
  }
}

asio::awaitable<void> watch(asio::awaitable<void> body, seen& s) {
  try {
    co_await std::move(body);
  } catch (const boost::system::system_error& e) {
    s.code = e.code();
  }
  s.over = true;
}

// Makes a call, optionally under a limit of its own, while another task ticks.
seen run(const scene& s, bool limited) {
  seen out;
  asio::io_context io(1);
  client c(s.how);
  const auto begin = std::chrono::steady_clock::now();
  auto body = [&]() -> asio::awaitable<void> {
    group both;
    auto calling = make_call(c, s, std::make_shared<held>());
    both.spawn(watch(limited ? within(limit, std::move(calling)) : std::move(calling), out));
    both.spawn(tick(out));
    co_await both.join();
  };
  asio::co_spawn(io, body, [](std::exception_ptr e) { CHECK_FALSE(e); });
  io.run();
  CHECK(std::chrono::steady_clock::now() - begin < bearable);
  CHECK(out.ticks >= 2);
  const auto p = c.pool();
  CHECK(p.leased + p.connecting + p.waiting == 0);
  return out;
}

scene flooded(stage& server, kind what, std::vector<part> parts) {
  play p(std::move(parts));
  scene s("a flood", what, p);
  s.how = at(server);
  server.set(std::move(p));
  return s;
}

const std::string endless_head =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
// One byte per chunk: far below any limit on the size of the body.
const std::string drips = times(4000, "1\r\n \r\n");

} // namespace

TEST_CASE("endless comments, pings and empty events are ended by every limit") {
  const auto first = chat_events({"a"});
  const std::string nothing[] = {
      chunk(times(2000, ": ping\n\n")),
      chunk(times(1000, "data: {\"id\":\"c\",\"choices\":[]}\n\n")),
      chunk(times(4000, "\n\n")),
      times(500, chunk(": x\n")),
  };
  for (const bool tls : {false, true}) {
    stage server(tls);
    for (const auto& piece : nothing) {
      CAPTURE(tls);
      CAPTURE(piece.substr(0, 40));
      auto s = flooded(server, kind::stream, {part("POST", stream_head, then::flood, piece)});
      CHECK(run(s, true).code == errc::deadline_exceeded);
      s.how.deadline(limit);
      CHECK(run(s, false).code == errc::deadline_exceeded);
      s.how = at(server).first_token_timeout(limit);
      CHECK(run(s, false).code == errc::first_token_timeout);
      const auto begun = stream_head + chunk(first[0]) + chunk(first[1]);
      s = flooded(server, kind::stream, {part("POST", begun, then::flood, piece)});
      s.how.inter_token_timeout(limit);
      CHECK(run(s, false).code == errc::stalled);
    }
  }
}

TEST_CASE("tokens that arrive faster than they are read let other tasks run") {
  const auto token = chunk(chat_events({"a"})[1]);
  for (const bool tls : {false, true}) {
    stage server(tls);
    CAPTURE(tls);
    const auto s = flooded(server, kind::stream, {part("POST", stream_head, then::flood, times(100, token))});
    CHECK(run(s, true).code == errc::deadline_exceeded);
  }
}

TEST_CASE("endlessly dripping bodies are ended by every limit, whatever reads them") {
  const std::string place = R"("request_id":"7","response_url":"https://queue.fal.run/m/requests/7"})";
  const auto json = [](std::string_view body) { return answer(200, "application/json", body); };
  for (const bool tls : {false, true}) {
    stage server(tls);
    ::setenv("HF_ENDPOINT", server.url().c_str(), 1);
    const part job_cancelled("PUT", json("{}"));
    const part taken("POST", json(R"({"status":"COMPLETED",)" + place));
    const part video("GET /m/requests", json(R"({"video":{"url":")" + server.url() + R"(/video.mp4"}})"));
    const part posted("POST", endless_head, then::flood, drips);
    const part got("GET", endless_head, then::flood, drips);
    credentials job_key, hub_key;
    job_key.default_key(secret("key-canary0123"));
    hub_key.default_key(secret("hf_canary0123"));
    const auto fal = at(server).provider("fal-ai").credentials(job_key);

    std::vector<scene> all;
    const auto add = [&](std::string name, kind what, options how, std::vector<part> parts) {
      all.emplace_back(std::move(name), what, play(std::move(parts))).how = std::move(how);
    };
    add("a plain answer", kind::plain, at(server), {posted});
    add("a plain answer to a stream", kind::stream, at(server), {posted});
    add("a list of models", kind::models, at(server), {got});
    add("an endpoint", kind::info, at(server), {got});
    add("an input", kind::input, at(server).provider("openai"), {got});
    const auto routed = bare(options().provider("together").ca_file(server.ca_file()).credentials(hub_key));
    add("the Hub", kind::hub, routed, {got});
    add("a job", kind::job, fal, {posted});
    add("a job's state", kind::job, fal, {taken, got, job_cancelled});
    add("a file", kind::job, fal, {taken, video, got, job_cancelled});
    for (auto& s : all) {
      CAPTURE(tls);
      INFO(s.name);
      server.set(s.set);
      CHECK(run(s, true).code == errc::deadline_exceeded);
      s.how.deadline(limit);
      CHECK(run(s, false).code == errc::deadline_exceeded);
    }
    ::unsetenv("HF_ENDPOINT");
  }
}
