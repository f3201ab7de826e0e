// The line that says what a command is waiting for.
#include "tool/waiting_line.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<attempt> tried() {
  auto a = std::make_shared<attempt>();
  a->url = "https://api.example.org/v1/chat/completions";
  return a;
}

} // namespace

TEST_CASE("a call waits for a connection, then for the first token or the answer") {
  call_record call;
  call.streamed = true;
  CHECK(cli::waiting_for(call, 1s) == "connecting …");
  call.attempts.push_back(std::make_shared<attempt>());
  CHECK(cli::waiting_for(call, 1s) == "connecting …");
  call.attempts[0] = tried();
  CHECK(cli::waiting_for(call, 1s) == "connecting to api.example.org …");
  call.attempts[0]->sent = 100ms;
  CHECK(cli::waiting_for(call, 3900ms) == "waiting for the first token … 3 s");
  call.streamed = false;
  CHECK(cli::waiting_for(call, 3900ms) == "waiting for the answer … 3 s");
}

TEST_CASE("a call that is tried again says when and why, whoever makes it wait") {
  call_record call;
  call.attempts.push_back(tried());
  auto& first = *call.attempts[0];
  first.sent = 100ms;
  first.ended = 1s;
  first.failure = failure(errc::rate_limited, "slower").status(429).retry_after(4s);
  CHECK(cli::waiting_for(call, 1s) == "retry in 4 s: 429");
  CHECK(cli::waiting_for(call, 3200ms) == "retry in 2 s: 429");
  CHECK(cli::waiting_for(call, 5s) == "retrying: 429");
  // The next attempt may have begun and be held back.
  call.attempts.push_back(tried());
  call.attempts[1]->begun = 1100ms;
  CHECK(cli::waiting_for(call, 3200ms) == "retry in 2 s: 429");
  call.attempts[1]->sent = 4s;
  call.streamed = true;
  CHECK(cli::waiting_for(call, 6s) == "waiting for the first token … 6 s");
  first.failure = failure(errc::connection_lost, "");
  call.attempts.pop_back();
  CHECK(cli::waiting_for(call, 2s) == "retrying: " + make_error_code(errc::connection_lost).message());
}

TEST_CASE("a status line that is no terminal's writes nothing") {
  std::FILE* file = std::tmpfile();
  {
    cli::status_line line(true, file);
    CHECK_FALSE(line.live());
    line.begin();
    line.show("waiting");
    line.end();
  }
  CHECK(std::ftell(file) == 0);
  std::fclose(file);
}
