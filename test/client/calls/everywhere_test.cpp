// One short scenario that fails, is cut short and is ended at every single step.
#include "client/support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

using namespace weir;
using namespace weir::test;

namespace {

options routed() {
  credentials keys;
  keys.hugging_face(secret("hf_canary0123"));
  return options().provider("together").credentials(keys);
}

const std::string mapping = answer(
    200, "application/json",
    R"({"id":"m","inferenceProviderMapping":{"together":{"status":"live","providerId":"v","task":"conversational"}}})");

// A look-up at the Hub, a stream with a pause, a second one over the same connection that is
// lost and sent again, a refusal, and a response in one piece.
class scenario {
public:
  scenario() : b(routed()) {
    const auto first = streamed(chat_events({"a", "b"}));
    b.net->delay(1s).add(script().accept(24).expect("GET ").slice(24).reply(mapping));
    b.net->delay(1s).add(script()
                             .accept(24)
                             .slice(16)
                             .expect("POST")
                             .pause(1s)
                             .reply(first.substr(0, 300))
                             .pause(1s)
                             .reply(first.substr(300))
                             .expect("POST")
                             .close());
    b.net->delay(1s).add(script()
                             .expect("POST")
                             .slice(16)
                             .reply(streamed(chat_events({"c"})))
                             .expect("POST")
                             .reply(answer(503, "application/json", R"({"error":"busy"})"))
                             .expect("POST")
                             .slice(16)
                             .reply(answer(200, "application/json", chat_json("d"))));
    b.net->otherwise(script().stall());
  }

  asio::awaitable<void> play() {
    for (int i = 0; i < 3; ++i) {
      try {
        r.emplace(co_await b.client().stream(weir::chat("m").user("hi")));
        while (auto e = co_await r->next())
          text += e->text();
        if (r && r->outcome() != outcome::complete)
          ++wrong;
      } catch (const boost::system::system_error& e) {
        codes.push_back(e.code());
      }
      r.reset();
    }
    try {
      text += (co_await b.client().chat(weir::chat("m").user("hi"))).text();
    } catch (const boost::system::system_error& e) {
      codes.push_back(e.code());
    }
  }

  /// One handler, or one step of the clock where none is ready. \returns whether there was any.
  bool step() {
    if (b.io.stopped())
      b.io.restart();
    if (b.io.poll_one() != 0)
      return true;
    if (b.time().next() == never)
      return false;
    b.time().advance_to(b.time().next());
    return true;
  }

  bench b;
  std::optional<reply> r;
  std::string text;
  std::vector<error_code> codes;
  int wrong = 0;
};

enum class ending { scope, slot, drop, client, context };

std::size_t length_of_scenario() {
  scenario s;
  s.b.spawn([&]() -> asio::awaitable<void> { co_await s.play(); });
  std::size_t steps = 0;
  while (s.step())
    ++steps;
  CHECK(s.b.running == 0);
  CHECK(s.text == "abcd");
  CHECK(s.codes == std::vector<error_code>{errc::overloaded});
  CHECK(s.b.net->opened() == 3);
  s.b.check_clean();
  return steps;
}

void end_after(std::size_t steps, ending how) {
  CAPTURE(steps);
  CAPTURE(static_cast<int>(how));
  const auto scopes = scope::live();
  {
    asio::cancellation_signal signal;
    scenario s;
    bool ended = false;
    auto body = [&]() -> asio::awaitable<void> { co_await s.play(); };
    asio::co_spawn(s.b.executor(), body,
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr) { ended = true; }));
    for (std::size_t i = 0; i != steps; ++i)
      s.step();
    switch (how) {
    case ending::scope: s.b.root->cancel(); break;
    case ending::slot: signal.emit(asio::cancellation_type::terminal); break;
    case ending::drop: s.r.reset(); break;
    case ending::client: s.b.client().close(); break;
    case ending::context: break;
    }
    if (how != ending::context) {
      CHECK(testing::run(s.b.io));
      CHECK(ended);
      CHECK(s.wrong == 0);
      // The calls after a dropped one meet what the script has for others.
      if (how != ending::drop) {
        CHECK(std::string("abcd").starts_with(s.text));
        for (const auto& ec : s.codes)
          CHECK((ec == errc::cancelled || ec == errc::overloaded || ec == asio::error::operation_aborted));
      }
      s.r.reset();
      s.b.one.reset();
      CHECK(s.b.net->live() == 0);
      CHECK(s.b.time().waits() == 0);
    }
  }
  CHECK(scope::live() == scopes);
}

} // namespace

TEST_CASE("a scenario may be ended in every way after each of its handlers") {
  const auto steps = length_of_scenario();
  CHECK(steps > 150);
  for (const auto how : {ending::scope, ending::slot, ending::drop, ending::client, ending::context})
    for (std::size_t n = 0; n <= steps; ++n)
      end_after(n, how);
}

TEST_CASE("a connection that fails at every byte of the request is an error once, and replaced if it was pooled") {
  const auto whole = streamed(chat_events({"a"}));
  std::string request;
  {
    bench b;
    b.net->add(expect_request().reply(whole));
    b.stream_chat();
    request = b.net->connections()[0]->sent;
  }
  const error_code failures[] = {errc::connection_lost, asio::error::connection_reset, asio::error::broken_pipe,
                                 asio::error::timed_out};
  for (std::size_t n = 0; n < request.size(); n += 5)
    for (const auto& ec : failures) {
      CAPTURE(n);
      CAPTURE(ec.message());
      bench fresh;
      fresh.net->add(script().accept(8).expect_bytes(request.substr(0, n)).fail(ec));
      const auto s = fresh.stream_chat();
      CHECK(s.code == errc::connection_lost);
      CHECK(fresh.net->attempts() == 1);
      fresh.check_clean();

      bench pooled;
      pooled.net->add(script().expect_bytes(request).reply(whole).accept(8).expect_bytes(request.substr(0, n)).fail(ec))
          .add(expect_request().reply(whole));
      CHECK(pooled.stream_chat().outcome == outcome::complete);
      CHECK(pooled.stream_chat().outcome == outcome::complete);
      CHECK(pooled.net->attempts() == 2);
      pooled.check_clean();
    }
}

TEST_CASE("a response that arrives before the request was fully read is used, and costs the connection") {
  bench b;
  b.net->add(script().accept(16).expect("POST").block_writes().reply(
      answer(413, "application/json", R"({"error":"too long"})")));
  const auto s = b.stream_chat();
  CHECK(s.code == errc::bad_request);
  CHECK(s.what.find("too long") != std::string::npos);
  CHECK(b.client().pool().idle == 0);
  b.check_clean();
}

TEST_CASE("a connection that is refused is an error of its own, and the next call tries again") {
  for (const auto code : {errc::connect_failed, errc::connect_timeout, errc::resolve_failed, errc::tls_failed,
                          errc::certificate_rejected, errc::proxy_refused}) {
    bench b;
    b.net->refuse(code).delay(1s).refuse(code).add(expect_request().reply(streamed(chat_events({"a"}))));
    CHECK(b.stream_chat().code == code);
    CHECK(b.stream_chat().code == code);
    CHECK(b.stream_chat().text == "a");
    b.check_clean();
  }
}

TEST_CASE("a connection that fails with any error within the response truncates it") {
  const auto whole = streamed(chat_events({"a", "b"}));
  const auto half = whole.find("\"b\"");
  for (const error_code ec : {error_code(asio::error::connection_reset), error_code(asio::error::timed_out),
                              error_code(asio::error::bad_descriptor), make_error_code(errc::connection_lost)}) {
    bench b;
    b.net->add(expect_request().reply(whole.substr(0, half)).fail(ec));
    const auto s = b.stream_chat();
    CHECK(s.text == "a");
    CHECK(s.code == errc::truncated);
    CHECK(s.outcome == outcome::truncated);
    b.check_clean();
  }
}
