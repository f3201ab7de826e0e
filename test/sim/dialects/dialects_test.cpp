// The dialects other than OpenAI's: weir sends, the simulation responds, and weir reads.
#include <doctest/doctest.h>

#include "codec/framing/ndjson.hpp"
#include "codec/framing/sse.hpp"
#include "codec/json/json.hpp"
#include "provider/dialect.hpp"
#include "sim/responder.hpp"

using namespace weir;

namespace {

const std::vector<std::string> ids = {"anthropic", "openai-responses", "gemini", "cohere-v2", "ollama"};

class answered {
public:
  answered() = default;
  int status = 0;
  std::string content_type;
  std::string body; // also of a stream
  completion answer;
};

provider::route route_of(const std::string& id, const std::string& model) {
  provider::target t;
  t.provider = id;
  t.model = model;
  t.base_url = "http://127.0.0.1:1";
  t.key = secret("right");
  return provider::resolve(provider::task::chat, t);
}

sim::request sent(const http::request& r) {
  sim::request out;
  out.method = r.method;
  out.path = r.target.substr(0, r.target.find('?'));
  out.body = r.body;
  if (r.auth)
    out.headers.emplace_back(r.auth->header,
                             (r.auth->scheme.empty() ? "" : r.auth->scheme + " ") + std::string(r.auth->key.reveal()));
  return out;
}

completion streamed(const std::string& id, const std::string& model, std::string_view body) {
  const auto d = provider::chat_decoder(route_of(id, model));
  std::vector<event> events;
  codec::sse_event e;
  codec::sse_decoder sse;
  codec::ndjson_splitter lines;
  if (id == "ollama") {
    lines.feed(body);
    while (lines.next(e.data))
      d->on_event(e, events);
  } else {
    sse.feed(body);
    while (sse.next(e))
      d->on_event(e, events);
  }
  completion c;
  for (const auto& one : events)
    c.add(one);
  c.outcome = d->result();
  c.failure = d->failed();
  return c;
}

answered talk(const std::string& id, const chat& ask, bool stream, const std::string& fault = {}) {
  sim::settings s;
  s.key = "right";
  sim::responder mind(s);
  const auto model = ask.model();
  auto request = sent(provider::encode_chat(ask, route_of(id, model), stream));
  if (!fault.empty())
    request.headers.emplace_back("x-fault", fault);
  auto plan = mind.respond(request, std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000)));
  answered out;
  out.status = plan.status;
  for (const auto& [name, value] : plan.headers)
    if (name == "content-type")
      out.content_type = value;
  out.body = plan.body;
  std::string event;
  while (plan.events && plan.events->next(event) != sim::piece::end)
    out.body += event;
  if (out.status == 200)
    out.answer =
        stream && plan.events ? streamed(id, model, out.body) : provider::decode_chat(route_of(id, model), out.body);
  return out;
}

chat with_tool(const char* words) {
  return chat("m").user(words).tool(
      tool("gauge", "reads", R"({"type":"object","properties":{"at":{"type":"string"},"n":{"type":"integer"}}})"));
}

} // namespace

TEST_CASE("every dialect gives the same answer, streamed or not") {
  for (const auto& id : ids) {
    CAPTURE(id);
    const auto ask = chat("m").system("be brief").user("Hello there");
    const auto whole = talk(id, ask, false);
    const auto stream = talk(id, ask, true);
    CHECK(whole.status == 200);
    CHECK(whole.content_type == "application/json");
    CHECK(stream.content_type == (id == "ollama" ? "application/x-ndjson" : "text/event-stream"));
    for (const auto* r : {&whole, &stream}) {
      CHECK(r->answer.outcome == outcome::complete);
      CHECK(r->answer.text().starts_with("You said: \"Hello there\"."));
      CHECK(r->answer.usage.prompt_tokens.value_or(0) > 0);
      CHECK(r->answer.usage.total_tokens == *r->answer.usage.prompt_tokens + *r->answer.usage.completion_tokens);
    }
    CHECK(whole.answer.text() == stream.answer.text());
    CHECK(whole.answer.finish_reason() == stream.answer.finish_reason());
    CHECK(whole.answer.usage == stream.answer.usage);
  }
}

TEST_CASE("every dialect calls a tool, and answers its result") {
  for (const auto& id : ids)
    for (const bool stream : {false, true}) {
      CAPTURE(id);
      CAPTURE(stream);
      auto ask = with_tool("use the tool für Köln");
      const auto first = talk(id, ask, stream).answer;
      REQUIRE(first.outcome == outcome::complete);
      REQUIRE(first.tool_calls().size() == 1);
      CHECK(first.tool_calls()[0].name == "gauge");
      error_code ec;
      const auto arguments = codec::parse_json(first.tool_calls()[0].arguments, ec);
      REQUIRE_FALSE(ec);
      CHECK(codec::string_at(arguments, "at") == "use the tool für Köln");
      CHECK(first.text().empty());

      ask.add(message::assistant_calls(first.tool_calls())).add(message::tool(first.tool_calls()[0].id, "3 m"));
      const auto second = talk(id, ask, stream).answer;
      CHECK(second.tool_calls().empty());
      CHECK(second.outcome == outcome::complete);
      CHECK(second.text().find("3 m") != std::string::npos);
    }
}

TEST_CASE("every dialect reasons, stops at a limit, gives JSON and sees images") {
  for (const auto& id : ids)
    for (const bool stream : {false, true}) {
      CAPTURE(id);
      CAPTURE(stream);
      const auto thought = talk(id, chat("m-reasons").user("why"), stream).answer;
      CHECK(thought.reasoning().size() > 20);
      CHECK(thought.text().starts_with("You said"));
      const auto cut = talk(id, chat("m").user("why").max_tokens(3), stream).answer;
      CHECK(cut.outcome == outcome::length);
      CHECK(cut.text() == "You said: \"why\".");
      CHECK(cut.usage.completion_tokens == 3u);
      const auto form =
          talk(id, chat("m").user("why").response_format(response_format::json_schema("a", "{}")), stream).answer;
      CHECK(form.text().starts_with("{\"answer\""));
      const auto seen =
          talk(id, chat("m").add(message::user("look").part(content_part::image("png", "image/png"))), stream);
      CHECK(seen.answer.text().starts_with("You said: \"look\""));
    }
}

TEST_CASE("a stream that is cut anywhere is not a success in any dialect") {
  for (const auto& id : ids)
    for (const auto& ask : {chat("m").user("hi").max_tokens(5), with_tool("the tool")}) {
      CAPTURE(id);
      const auto r = talk(id, ask, true);
      REQUIRE((r.answer.outcome == outcome::length || r.answer.outcome == outcome::complete));
      // The terminal event's own line end and what follows it (Anthropic's message_stop) carry nothing more.
      auto end = r.body.size();
      while (end > 0 && streamed(id, "m", std::string_view(r.body).substr(0, end - 1)).outcome != outcome::truncated)
        --end;
      CHECK(r.body.size() - end < 60);
      for (std::size_t cut = 0; cut < end; ++cut)
        REQUIRE(streamed(id, "m", std::string_view(r.body).substr(0, cut)).outcome == outcome::truncated);
    }
}

TEST_CASE("every dialect has its own errors, inside a stream and instead of one") {
  for (const auto& id : ids) {
    CAPTURE(id);
    const auto inside = talk(id, chat("m").user("hi"), true, "error-in-band").answer;
    CHECK(inside.outcome == outcome::in_band_error);
    CHECK(inside.failure.remote() == "simulated failure");
    CHECK(inside.text().starts_with("You said"));
    CHECK(talk(id, chat("m").user("hi"), true, "malformed-json").answer.failure.code() == errc::malformed_event);
    CHECK(talk(id, chat("m").user("hi"), true, "pings").answer.outcome == outcome::complete);
    const auto whole = talk(id, chat("m").user("hi"), true, "error-200-json");
    CHECK(provider::decode_chat(route_of(id, "m"), whole.body).failure.remote() == "Simulated failure.");
    for (const auto& [fault, code] :
         {std::pair("rate-limit", errc::rate_limited), std::pair("unauthorized", errc::unauthorized),
          std::pair("503", errc::overloaded), std::pair("not-found", errc::not_found)}) {
      CAPTURE(fault);
      const auto refused = talk(id, chat("m").user("hi"), true, fault);
      http::response_head head;
      head.status = refused.status;
      const auto f = provider::failure_of_response(route_of(id, "m"), head, refused.body);
      CHECK(f.code() == code);
      CHECK(f.remote().starts_with("Simulated"));
    }
  }
}
