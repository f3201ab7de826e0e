// The faults: how they are named and parsed, and what each does to a response.
#include "sim/fixture.hpp"

#include <algorithm>

#include "sim/faults/faulty.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;

namespace {

settings tls() { return settings(); }

/// How long silence must last before it is believed.
constexpr int short_patience = 60;

std::string refusal_of(const char* text, bool rule = false) {
  try {
    if (rule)
      parse_fault_rule(text);
    else
      parse_fault(text);
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return {};
}

bool has_non_ascii_halves(const response& r) {
  return std::any_of(r.chunks.begin(), r.chunks.end(), [](const std::string& chunk) {
    return !chunk.empty() && (static_cast<unsigned char>(chunk.front()) & 0xC0) == 0x80;
  });
}

} // namespace

TEST_CASE("every fault is named once, described, and found by its name") {
  for (const auto& row : fault_table()) {
    CHECK(parse_fault(row.name).kind() == row.kind);
    CHECK(parse_fault(row.name).argument() == row.fallback);
    CHECK(parse_fault_rule(row.name).what.kind() == row.kind);
    CHECK_FALSE(row.description.empty());
    CHECK(fault_help().find(row.name) != std::string::npos);
    CHECK(&info(row.kind) == &row);
  }
}

TEST_CASE("fault texts are parsed, or refused with a reason") {
  CHECK(parse_fault("cut=17").count() == 17);
  CHECK(parse_fault(" slow-first=1.5s").time() == std::chrono::milliseconds(1500));
  const auto rule = parse_fault_rule("reset:100=0.25*3");
  CHECK(rule.what.count() == 100);
  CHECK(rule.rate == 0.25);
  CHECK(rule.times == 3);
  CHECK(parse_faults("cut=1,pings").size() == 2);

  // Both separators in both places.
  CHECK(parse_fault("cut:17").count() == 17);
  CHECK(parse_fault("rate-limit:250ms").argument() == "250ms");
  CHECK(parse_faults("cut:1,stall:2").at(1).count() == 2);
  CHECK(parse_fault_rule("cut=300").what.count() == 300);
  CHECK(parse_fault_rule("cut=300").rate == 1);
  const auto both = parse_fault_rule("slow-first=20s=0.5*2");
  CHECK(both.what.time() == std::chrono::seconds(20));
  CHECK(both.rate == 0.5);
  CHECK(both.times == 2);
  CHECK(parse_fault_rule("cut=1").what.argument() == info(fault_kind::cut).fallback);

  CHECK(refusal_of("nonsense").find("known faults: cut, reset") != std::string::npos);
  CHECK_FALSE(refusal_of("cut=-1").empty());
  CHECK_FALSE(refusal_of("cut=").empty());
  CHECK_FALSE(refusal_of("500=3").empty());
  CHECK_FALSE(refusal_of("slow-first=soon").empty());
  CHECK_FALSE(refusal_of("error-in-band=french").empty());
  CHECK_FALSE(refusal_of("rate-limit=sometimes").empty());
  CHECK(refusal_of("cut:200=3", true).find("NAME:ARG") != std::string::npos);
  CHECK(refusal_of("503=3", true).find("NAME:ARG") != std::string::npos);
  CHECK_FALSE(refusal_of("cut=nan", true).empty());
  CHECK_FALSE(refusal_of("cut*x", true).empty());
}

TEST_CASE("dates are written in HTTP's form") {
  CHECK(http_date(std::chrono::system_clock::from_time_t(784111777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("an unknown fault in a request gives the names; a connection fault, where it belongs") {
  fixture f;
  const auto r = f.faulty("nonsense");
  CHECK(r.status == 400);
  CHECK(r.body.find("truncated-chunk") != std::string::npos);
  CHECK(f.faulty("bad-cert-host").body.find("start the server with it") != std::string::npos);
}

TEST_CASE("faults that end a connection do so after exactly that many bytes") {
  for (const bool encrypted : {false, true}) {
    fixture f(encrypted ? tls() : plain());
    for (const std::string bytes : {"0", "1", "200", "301"}) {
      CAPTURE(encrypted);
      CAPTURE(bytes);
      const auto cut = f.faulty("cut=" + bytes);
      CHECK_FALSE(cut.complete);
      CHECK(std::to_string(cut.body.size()) == bytes);
      CHECK(cut.end == ending::orderly);

      const auto broken = f.faulty("truncated-chunk=" + bytes);
      CHECK_FALSE(broken.complete);
      CHECK(std::to_string(broken.body.size()) == bytes);
      CHECK(broken.end == (encrypted ? ending::abrupt : ending::orderly));

      const auto reset = f.faulty("reset=" + bytes);
      CHECK_FALSE(reset.complete);
      CHECK(reset.end == ending::reset);
    }
    const auto whole = f.chat(hello, "x-fault: cut=10\r\n");
    CHECK(whole.body.size() == 10);
    CHECK_FALSE(whole.complete);
    CHECK(f.faulty("cut=1000000").complete);
  }
}

TEST_CASE("a stall sends that many tokens and then nothing") {
  fixture f;
  const auto r = f.faulty("stall=2", short_patience);
  CHECK(r.end == ending::silent);
  CHECK(r.events().size() == 3);
  CHECK(f.faulty("stall=0", short_patience).events().size() == 1);
  const auto silent = f.faulty("no-head", short_patience);
  CHECK(silent.status == 0);
  CHECK(silent.end == ending::silent);
  const auto slow = f.faulty("slow-first=10s", short_patience);
  CHECK(slow.status == 200);
  CHECK(slow.body.empty());
  CHECK(slow.end == ending::silent);
}

TEST_CASE("a hang-up closes without sending a byte") {
  fixture f;
  const auto r = f.faulty("hang-up");
  CHECK(r.status == 0);
  CHECK(r.end == ending::orderly);
}

TEST_CASE("a body without length or chunks ends with the connection") {
  fixture f(tls());
  const auto r = f.faulty("close-delimited");
  CHECK(r.end == ending::orderly);
  CHECK_FALSE(r.headers.contains("transfer-encoding"));
  CHECK_FALSE(r.headers.contains("content-length"));
  CHECK(r.headers.at("connection") == "close");
  CHECK(r.events().back() == "[DONE]");
}

TEST_CASE("a server that announces keep-alive may close") {
  fixture f;
  raw_client client(f.server.port(), false, "");
  client.send(post("/v1/chat/completions", hello_stream, "x-fault: close-after-stream\r\n"));
  const auto r = client.receive();
  CHECK(r.complete);
  CHECK(r.headers.at("connection") == "keep-alive");
  CHECK(client.wait_for_end() == ending::orderly);
}

TEST_CASE("a rate limit gives the wait in each notation") {
  fixture f;
  auto header = [&](const std::string& how, const std::string& name) {
    const auto r = f.faulty("rate-limit" + how);
    CHECK(r.status == 429);
    const auto it = r.headers.find(name);
    return it == r.headers.end() ? std::string() : it->second;
  };
  CHECK(header("", "retry-after") == "1");
  CHECK(header("=fraction", "retry-after") == "0.5");
  CHECK(header("=ms", "retry-after-ms") == "500");
  CHECK(header("=250ms", "retry-after-ms") == "250");
  CHECK(header("=3s", "retry-after") == "3");
  CHECK(header("=0.25", "retry-after") == "0.25");
  CHECK(header("=date", "retry-after").ends_with(" GMT"));
  CHECK(header("=date", "retry-after").size() == 29);
  CHECK(header("=t", "ratelimit") == "\"api\";r=0;t=1");
  CHECK(header("=stop", "x-should-retry") == "false");
  CHECK(header("=none", "retry-after").empty());
}

TEST_CASE("errors before the stream have their status and their form") {
  fixture f;
  for (const std::string status : {"500", "502", "503", "504", "529"}) {
    const auto r = f.faulty(status);
    CHECK(std::to_string(r.status) == status);
    CHECK(r.as_json().at("error").is_object());
    CHECK(r.headers.contains("x-request-id"));
  }
  CHECK(f.faulty("loading=7").as_json().at("estimated_time") == 7.0);
  CHECK(f.faulty("html-error").body.starts_with("<!DOCTYPE html>"));
  CHECK(f.faulty("quota-exhausted").status == 402);
  CHECK(f.faulty("quota-exhausted=429").as_json().at("error").at("code") == "insufficient_quota");
  CHECK(f.faulty("unauthorized").status == 401);
  CHECK(f.faulty("not-found").status == 404);
  CHECK(f.faulty("redirect").headers.at("location") == "https://localhost:1/elsewhere");
  const auto json = f.faulty("error-200-json");
  CHECK(json.status == 200);
  CHECK(json.headers.at("content-type") == "application/json");
  CHECK(f.ask("/generate", R"({"inputs":"hi"})", "x-fault: 503\r\n").as_json().at("error_type") == "overloaded");
}

TEST_CASE("an error is sent in band in each provider's form, and ends the stream") {
  fixture f;
  for (const std::string form : {"openai", "tgi", "groq", "chunk"}) {
    CAPTURE(form);
    const auto r = f.faulty("error-in-band=" + form);
    CHECK(r.status == 200);
    CHECK(r.complete);
    const auto chunks = r.chunks_of_json();
    REQUIRE(chunks.size() == 4);
    CHECK(chunks.back().as_object().contains("error"));
    CHECK((r.body.find("event: error\n") != std::string::npos) == (form == "groq"));
    CHECK((r.body.find("[DONE]") != std::string::npos) == (form == "chunk"));
  }
  CHECK(f.chat(hello_stream, "x-events: 0\r\nx-fault: error-in-band\r\n").body.find("\"error\"") != std::string::npos);
}

TEST_CASE("a stream may have an event that is not JSON") {
  fixture f;
  const auto events = f.faulty("malformed-json=1").events();
  error_code ec;
  codec::parse_json(events.at(1), ec);
  CHECK_FALSE(ec);
  codec::parse_json(events.at(2), ec);
  CHECK(ec);
}

TEST_CASE("characters are split over chunks and arrive intact") {
  fixture f(tls());
  const auto r = f.faulty("split-utf8");
  CHECK(r.complete);
  CHECK(has_non_ascii_halves(r));
  CHECK(r.body.find("日本語") != std::string::npos);
  CHECK(r.chunks_of_json().size() == 7);
  CHECK_FALSE(has_non_ascii_halves(f.faulty("pings")));
  CHECK(has_non_ascii_halves(f.chat(hello, "x-fault: split-utf8\r\n")));
}

TEST_CASE("pings come between tokens, [DONE] may be missing, and junk may follow it") {
  fixture f;
  const auto pings = f.faulty("pings=2");
  CHECK(pings.events().size() == 8);
  CHECK(pings.body.find("\n\n: ping\n\n") != std::string::npos);
  const auto no_done = f.faulty("no-done");
  CHECK(no_done.complete);
  CHECK(no_done.events().size() == 7);
  CHECK(f.faulty("junk-after-done").body.find("[DONE]\n\n}{") != std::string::npos);
  CHECK(f.faulty("pings,no-done").events().size() == 7);
}

TEST_CASE("a server fault has a rate that its seed decides, and a maximum count") {
  auto how = plain();
  how.faults.push_back(parse_fault_rule("503=0.5"));
  std::string outcomes[2];
  for (auto& text : outcomes) {
    fixture f(how);
    for (int i = 0; i < 40; ++i)
      text += f.chat(hello).status == 503 ? 'x' : '.';
  }
  CHECK(outcomes[0] == outcomes[1]);
  const auto failures = std::count(outcomes[0].begin(), outcomes[0].end(), 'x');
  CHECK(failures > 8);
  CHECK(failures < 32);

  fixture f;
  std::vector<fault_rule> twice;
  twice.push_back(parse_fault_rule("500*2"));
  f.server.faults(std::move(twice));
  CHECK(f.chat(hello).status == 500);
  CHECK(f.chat(hello, "x-fault: not-found\r\n").status == 404);
  CHECK(f.chat(hello).status == 500);
  CHECK(f.chat(hello).status == 200);
}
