// A stream that breaks off on this side: for want of memory, or by an exception that is nobody's.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <new>
#include <stdexcept>
#include <string>

#include <weir/client/client.hpp>
#include <weir/testing.hpp>

using namespace weir;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

enum class fault { none, no_memory, foreign, no_descriptors };

// A stream whose next read throws when it is told to.
class breaking_stream final : public net::stream {
public:
  breaking_stream(net::stream_ptr inner, fault& next) : inner_(std::move(inner)), next_(next) {}

  std::size_t read_some(asio::mutable_buffer to, error_code& ec) override {
    switch (std::exchange(next_, fault::none)) {
    case fault::none: break;
    case fault::no_memory: throw std::bad_alloc();
    case fault::foreign: throw std::runtime_error("a plug-in's");
    case fault::no_descriptors: throw error(errc::out_of_resources, "no descriptors");
    }
    return inner_->read_some(to, ec);
  }
  std::size_t write_some(asio::const_buffer from, error_code& ec) override { return inner_->write_some(from, ec); }
  void async_wait(net::direction d, wait_handler h) override { inner_->async_wait(d, std::move(h)); }
  void close() noexcept override { inner_->close(); }
  bool idle_and_healthy() noexcept override { return inner_->idle_and_healthy(); }

private:
  net::stream_ptr inner_;
  fault& next_;
};

class breaking_connector final : public net::connector {
public:
  asio::awaitable<net::stream_ptr> connect(net::origin to, net::connect_times& times) override {
    auto opening = scripts->connect(std::move(to), times);
    auto inner = co_await std::move(opening);
    net::stream_ptr made = std::make_unique<breaking_stream>(std::move(inner), next);
    co_return made;
  }

  std::shared_ptr<testing::scripted_connector> scripts = std::make_shared<testing::scripted_connector>();
  fault next = fault::none;
};

std::string text_event(const std::string& text) {
  return R"(data: {"choices":[{"index":0,"delta":{"content":")" + text + "\"}}]}\n\n";
}

completion broken_by(fault what, bool resumed) {
  asio::io_context io(1);
  testing::manual_time::install(io);
  const auto network = std::make_shared<breaking_connector>();
  const std::string head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
  const std::string end =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
  network->scripts->add(
      testing::script().expect("POST").reply(head + text_event("Hel")).pause(1s).reply(text_event("x")).stall());
  network->scripts->otherwise(testing::script().expect("POST").reply(head + text_event("lo") + end).close());
  auto how = options().base_url("http://one.test").connector(network);
  if (resumed)
    how.fallback(fallback()
                     .to(target().base_url("http://two.test").model("m").prefill(prefill::prefix))
                     .resume_interrupted(true));
  client c(how);
  completion all;
  const auto reads = [&]() -> asio::awaitable<void> {
    auto r = co_await c.stream(chat("m").user("hi"));
    auto e = co_await r.next();
    if (e)
      all.add(*e);
    network->next = what;
    try {
      for (;;) {
        e = co_await r.next();
        if (!e)
          break;
        all.add(*e);
      }
    } catch (const error&) {
    }
    all.outcome = r.outcome();
    all.failure = r.failure();
  };
  bool done = false;
  asio::co_spawn(io, reads, [&done](std::exception_ptr) { done = true; });
  testing::run(io, 10min);
  CHECK(done);
  return all;
}

} // namespace

TEST_CASE("a stream that breaks off on this side is truncated, keeps its text and can be resumed") {
  for (const auto what : {fault::no_memory, fault::foreign, fault::no_descriptors}) {
    CAPTURE(int(what));
    const auto broken = broken_by(what, false);
    CHECK(broken.outcome == outcome::truncated);
    CHECK(broken.text() == "Hel");
    CHECK(broken.failure.code() == (what == fault::foreign ? errc::unexpected : errc::out_of_resources));
    const auto resumed = broken_by(what, true);
    CHECK(resumed.outcome == outcome::complete);
    CHECK(resumed.text() == "Hello");
  }
}
