#include "client/support.hpp"

namespace weir::inline v0::test {

script expect_request() { return script().expect("POST /v1/chat/completions HTTP/1.1\r\n").expect("\"messages\""); }

options bench::plain() { return options().base_url("http://127.0.0.1:8080"); }

options bare(options o) {
  return std::move(o.retry(retry().attempts(1)).breaker(breaker().enabled(false)).rate_limit(rate_limit().gate(false)));
}

bench::bench(options o) : bench(with_policies(bare(std::move(o)))) {}

bench::bench(with_policies p) {
  testing::manual_time::install(io);
  root = scope::root(io.get_executor());
  start = time().now();
  one.emplace(std::move(p.o.connector(net)));
}

bench::~bench() = default;

asio::awaitable<void> bench::drain(reply& r, seen& s) {
  s.opened = true;
  try {
    while (auto e = co_await r.next()) {
      s.text += e->text();
      ++s.events;
    }
  } catch (const boost::system::system_error& e) {
    s.code = e.code();
    s.what = e.what();
  }
  s.outcome = r.outcome();
  s.usage = r.usage();
  s.finish_reason = r.finish_reason();
  s.ended = now();
}

asio::awaitable<void> bench::read_from(seen& s, asio::awaitable<reply> opening) {
  try {
    auto r = co_await std::move(opening);
    co_await drain(r, s);
  } catch (const boost::system::system_error& e) {
    s.code = e.code();
    s.what = e.what();
    s.ended = now();
  }
}

asio::awaitable<void> bench::read(seen& s, weir::chat ask) { return read_from(s, one->stream(std::move(ask))); }

asio::awaitable<void> bench::read(seen& s, weir::text_generation ask) {
  return read_from(s, one->stream(std::move(ask)));
}

seen bench::stream_chat() {
  seen s;
  CHECK(run([&]() -> asio::awaitable<void> { co_await read(s); }));
  return s;
}

void bench::check_clean() {
  CHECK(running == 0);
  CHECK(time().waits() == 0);
  if (one) {
    const auto pool = one->pool();
    CHECK(pool.leased == 0);
    CHECK(pool.connecting == 0);
    CHECK(pool.waiting == 0);
  }
  one.reset();
  CHECK(net->live() == 0);
  CHECK(net->problems() == "");
  CHECK(scope::live() == scopes_before + 1);
}

} // namespace weir::inline v0::test
