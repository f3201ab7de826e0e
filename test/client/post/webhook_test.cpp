// Webhooks against a receiver on a real socket.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include <weir/client/webhook.hpp>
#include <weir/core/error.hpp>

#include "client/post/receiver.hpp"
#include "codec/json/json.hpp"
#include "sim/server/server.hpp"

using namespace weir;
using namespace std::chrono_literals;
using test::received;
using test::receiver;
using test::response;

namespace {

codec::json::value parsed(const std::string& text) {
  error_code ec;
  auto v = codec::parse_json(text, ec);
  CHECK_FALSE(ec);
  return v;
}

class stopwatch {
public:
  duration passed() const { return std::chrono::steady_clock::now() - begun_; }

private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

error_code code_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const error& e) {
    return e.code();
  }
  return error_code();
}

} // namespace

TEST_CASE("a message is a JSON object with its text and the other members") {
  const receiver to;
  webhook hook(to.url() + "/services/T0/B1?x=1");
  hook.post("four \"times\" as high\xff", R"({"kind": "spike", "rate": 4.5, "text": "not this"})");
  hook.post("only text");
  REQUIRE(hook.flush(20s));
  const auto seen = to.requests();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].method == "POST");
  CHECK(seen[0].target == "/services/T0/B1?x=1");
  CHECK(seen[0].headers.at("content-type") == "application/json");
  CHECK(parsed(seen[0].body) == parsed(R"({"text": "four \"times\" as high\ufffd", "kind": "spike", "rate": 4.5})"));
  CHECK(parsed(seen[1].body) == parsed(R"({"text": "only text"})"));
  CHECK(hook.stats().sent == 2);
  CHECK(hook.stats().waiting == 0);
}

TEST_CASE("members that are no object are refused") {
  webhook hook(test::absent_url());
  CHECK(code_of([&] { hook.post("x", "[1]"); }) == errc::invalid_argument);
  CHECK(code_of([&] { hook.post("x", "{"); }) == errc::invalid_argument);
  CHECK(hook.stats().waiting == 0);
}

TEST_CASE("a receiver that is busy is asked again, and not before its Retry-After") {
  const receiver to([](const received&, std::size_t n) {
    return n == 0 ? response(503, "{}", "retry-after: 1\r\n") : response(204, "");
  });
  webhook hook(to.url());
  const stopwatch time;
  hook.post("x");
  REQUIRE(hook.flush(20s));
  CHECK(time.passed() >= 1s);
  CHECK(to.requests().size() == 2);
  CHECK(hook.stats().sent == 1);
}

TEST_CASE("what may pass by itself is tried again") {
  for (const int status : {408, 429, 502, 504}) {
    const receiver to([status](const received&, std::size_t n) { return response(n == 0 ? status : 200); });
    webhook hook(to.url());
    hook.post("x");
    REQUIRE(hook.flush(20s));
    CHECK(to.requests().size() == 2);
    CHECK(hook.stats().sent == 1);
  }
}

TEST_CASE("a refusal is final: it is not asked again, nor is a redirect followed") {
  for (const int status : {400, 401, 404, 301, 307, 500}) {
    const receiver to([status](const received&, std::size_t) {
      return response(status, "{\"error\": \"secret words\"}", "location: http://127.0.0.1:9/\r\n");
    });
    webhook hook(to.url() + "/services/secret-place");
    hook.post("x");
    REQUIRE(hook.flush(20s));
    CHECK(to.requests().size() == 1);
    CHECK(hook.stats().dropped == 1);
    CHECK(hook.stats().last_error == "it answered with status " + std::to_string(status));
  }
}

TEST_CASE("a connection that ends without an answer is tried four times at most") {
  const receiver to([](const received&, std::size_t) { return test::end_of_connection; });
  webhook hook(to.url() + "/services/secret-place");
  hook.post("x");
  REQUIRE(hook.flush(20s));
  CHECK(to.requests().size() == 4);
  CHECK(hook.stats().dropped == 1);
  CHECK_FALSE(hook.stats().last_error.empty());
  CHECK(hook.stats().last_error.find("secret") == std::string::npos);
}

TEST_CASE("a receiver that hangs costs its deadline and nothing else") {
  const receiver to([](const received&, std::size_t) { return test::no_answer; });
  stopwatch time;
  {
    webhook hook(to.url(), webhook_options().deadline(1min).grace(300ms).max_waiting(3));
    time = stopwatch();
    for (int i = 0; i < 10; ++i)
      hook.post(std::to_string(i));
    CHECK(time.passed() < 1s);
    CHECK_FALSE(hook.flush(100ms));
    CHECK(hook.stats().waiting <= 4);
    CHECK(hook.stats().dropped >= 6);
  }
  CHECK(time.passed() >= 300ms);
  CHECK(time.passed() < 10s);
}

TEST_CASE("the newest messages are kept") {
  std::atomic<bool> begun = false, open = false;
  const receiver to([&](const received&, std::size_t) {
    begun = true;
    while (!open)
      std::this_thread::sleep_for(1ms);
    return response(200);
  });
  webhook hook(to.url(), webhook_options().max_waiting(2));
  hook.post("first");
  while (!begun)
    std::this_thread::sleep_for(1ms);
  for (int i = 0; i < 5; ++i)
    hook.post(std::to_string(i));
  open = true;
  REQUIRE(hook.flush(20s));
  const auto seen = to.requests();
  REQUIRE(seen.size() == 3);
  CHECK(seen[1].body == R"({"text":"3"})");
  CHECK(seen[2].body == R"({"text":"4"})");
  CHECK(hook.stats().dropped == 3);
}

TEST_CASE("a key goes into its header, and nowhere without TLS but to this machine") {
  const receiver to;
  {
    webhook hook(to.url(), webhook_options().header("Authorization", "Bearer very-secret").header("x-team", "blue"));
    hook.post("x");
    REQUIRE(hook.flush(20s));
  }
  const auto seen = to.requests().at(0);
  CHECK(seen.headers.at("authorization") == "Bearer very-secret");
  CHECK(seen.headers.at("x-team") == "blue");
  const auto made = [](std::string url, std::string name, std::string value) {
    return code_of([&] { webhook hook(std::move(url), webhook_options().header(std::move(name), std::move(value))); });
  };
  CHECK(made("http://collector.example/x", "authorization", "Bearer some-secret") == errc::insecure);
  CHECK(made("http://collector.example/x", "x-api-key", "some-secret") == errc::insecure);
  CHECK(made("https://collector.example/x", "x-api-key", "some-secret") == error_code());
  CHECK(made("https://collector.example/x", "x-api-key", "short") == errc::malformed_key);
  CHECK(made("https://collector.example/x", "host", "some-secret") == errc::invalid_argument);
  CHECK(made("https://collector.example/x", "x\n", "some-secret") == errc::invalid_argument);
  CHECK(made("ftp://collector.example/x", "a", "s") == errc::malformed_url);
}

TEST_CASE("a receiver's certificate is verified") {
  const sim::server_thread to;
  const auto posted = [&to](const std::string& ca_file) {
    webhook hook(to.url() + "/hook", webhook_options().ca_file(ca_file));
    hook.post("x");
    CHECK(hook.flush(20s));
    CHECK(hook.stats().sent == 0);
    return hook.stats().last_error;
  };
  CHECK(posted("").find("certificate") != std::string::npos);
  CHECK(posted(to.ca_file()) == "it answered with status 404");
}

TEST_CASE("a webhook can be destroyed at any moment of a request") {
  const receiver to([](const received&, std::size_t n) {
    return n % 3 == 0 ? test::no_answer : n % 3 == 1 ? test::end_of_connection : response(503);
  });
  for (int i = 0; i < 24; ++i) {
    webhook hook(to.url(), webhook_options().grace(0s));
    hook.post("x");
    hook.post("y");
    std::this_thread::sleep_for(std::chrono::microseconds(200 * i));
  }
}

TEST_CASE("threads post together without losing anything") {
  const receiver to;
  {
    webhook hook(to.url(), webhook_options().max_waiting(1000).grace(10s));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&hook] {
        for (int i = 0; i < 50; ++i)
          hook.post(std::to_string(i));
      });
    for (auto& t : threads)
      t.join();
  }
  CHECK(to.requests().size() == 200);
}
