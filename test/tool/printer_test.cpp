// What the printer writes to stdout and stderr, as text and as JSON lines.

#include "tool/output/printer.hpp"

#include "codec/json/json.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace {

/// What a printer wrote.
class paper {
public:
  ~paper() {
    std::fclose(out);
    std::fclose(err);
  }
  static std::string text(std::FILE* f) {
    std::fflush(f);
    std::string all(static_cast<std::size_t>(std::ftell(f)), '\0');
    std::rewind(f);
    all.resize(std::fread(all.data(), 1, all.size(), f));
    return all;
  }
  cli::printer printer(bool json = false, bool verbose = false, bool quiet = false) {
    return cli::printer(json, verbose, quiet, out, err);
  }
  std::FILE* out = std::tmpfile();
  std::FILE* err = std::tmpfile();
};

completion answer(std::string text) {
  completion c;
  c.choices.front().text = std::move(text);
  c.choices.front().finish_reason = "stop";
  c.outcome = outcome::complete;
  c.usage.prompt_tokens = 3;
  c.usage.completion_tokens = 5;
  return c;
}

call_record tried(const failure& why = failure()) {
  auto a = std::make_shared<attempt>();
  a->provider = "custom";
  a->model = "a/b";
  a->url = "http://127.0.0.1:1/v1/chat/completions";
  a->ended = 1500ms;
  a->failure = why;
  call_record call;
  call.attempts.push_back(std::move(a));
  call.ended = 1500ms;
  call.failure = why;
  return call;
}

call_record answered() {
  auto call = tried();
  call.outcome = outcome::complete;
  call.finish_reason = "stop";
  call.usage.prompt_tokens = 3;
  call.usage.completion_tokens = 5;
  return call;
}

codec::json::value last_of(const std::string& lines) {
  const auto end = lines.rfind('\n');
  const auto begin = lines.rfind('\n', end - 1);
  error_code ec;
  auto v = codec::parse_json(std::string_view(lines).substr(begin + 1, end - begin - 1), ec);
  REQUIRE_FALSE(ec);
  return v;
}

} // namespace

TEST_CASE("an answer goes to stdout and ends with a line end, the summary to stderr") {
  paper p;
  p.printer().on_completion(answer("hello"), answered());
  CHECK(paper::text(p.out) == "hello\n");
  CHECK(paper::text(p.err) == "complete (stop) · 3 tokens in, 5 out · 1.50 s\n");
}

TEST_CASE("quiet leaves the summary out") {
  paper p;
  p.printer(false, false, true).on_completion(answer("hello\n"), answered());
  CHECK(paper::text(p.out) == "hello\n");
  CHECK(paper::text(p.err).empty());
}

TEST_CASE("reasoning is shown on stderr, under a heading where there are no colours, and only if requested") {
  using kind = event::kind;
  for (const bool verbose : {false, true}) {
    paper p;
    auto printer = p.printer(false, verbose);
    printer.on_event(event(kind::reasoning, "hm"), 0ms);
    printer.on_event(event(kind::reasoning, "m"), 0ms);
    printer.on_event(event(kind::text, "so"), 0ms);
    CHECK(paper::text(p.out) == "so");
    CHECK(paper::text(p.err) == (verbose ? "reasoning:\nhmm\n\n" : ""));
  }
}

TEST_CASE("the summary has the tokens per second since the first token, without reasoning that was not streamed") {
  auto call = answered();
  call.usage.completion_tokens = 30;
  call.usage.reasoning_tokens = 10;
  call.first_token = 500ms;
  paper hidden;
  hidden.printer().on_end(call);
  CHECK(paper::text(hidden.err) ==
        "complete (stop) · 3 tokens in, 30 out · first token 500 ms · 20 tokens/s · 1.50 s\n");
  paper streamed;
  auto printer = streamed.printer();
  printer.on_event(event(event::kind::reasoning, "hm"), 500ms);
  printer.on_end(call);
  CHECK(paper::text(streamed.err) ==
        "complete (stop) · 3 tokens in, 30 out · first token 500 ms · 30 tokens/s · 1.50 s\n");
}

TEST_CASE("tool calls are printed once complete, after the text") {
  paper p;
  auto c = answer("");
  c.choices.front().tool_calls.emplace_back("1", "weather", R"({"city":"Delft"})");
  p.printer(false, false, true).on_completion(c, answered());
  CHECK(paper::text(p.out) == "weather({\"city\":\"Delft\"})\n");
}

TEST_CASE("with --json every event is an object, with the time at which it was read") {
  paper p;
  auto printer = p.printer(true);
  printer.on_event(event(event::kind::text, "a\n\"b\""), 1500us);
  printer.on_event(event(event::kind::text, "other", 1), 2s);
  CHECK(paper::text(p.out) == "{\"type\":\"text\",\"text\":\"a\\n\\\"b\\\"\",\"at_ms\":1.5}\n"
                              "{\"type\":\"text\",\"text\":\"other\",\"choice\":1,\"at_ms\":2000.0}\n");
}

TEST_CASE("a completion is printed in full, as JSON and as text") {
  auto c = answer("a");
  c.choices.front().refusal = "no";
  c.choices.front().logprobs.emplace_back("a", -0.5);
  c.choices.front().media.push_back(media("\x01\x02\x03", "image/png"));
  choice other;
  other.index = 1;
  other.text = "b";
  other.finish_reason = "length";
  c.choices.push_back(other);
  paper lines;
  lines.printer(true).on_completion(c, answered());
  const auto out = paper::text(lines.out);
  for (const auto* part :
       {R"({"type":"text","text":"a","logprobs":[{"token":"a","logprob":-0.5}],"at_ms":1500.0})",
        R"({"type":"refusal","text":"no","at_ms":1500.0})",
        R"({"type":"media","index":0,"content_type":"image/png","bytes_base64":"AQID","at_ms":1500.0})",
        R"({"type":"text","text":"b","choice":1,"at_ms":1500.0})",
        R"({"type":"finish","finish_reason":"length","choice":1,"at_ms":1500.0})"}) {
    CAPTURE(part);
    CHECK(out.find(part) != out.npos);
  }
  paper page;
  page.printer(false, false, true).on_completion(c, answered());
  CHECK(paper::text(page.out) == "ano\nb\n");
  CHECK(paper::text(page.err) == "[image/png, 3 bytes: use --json to get it]\nchoice 1:\n");
}

TEST_CASE("an unexpected finish reason is shown with --verbose and --json") {
  auto call = answered();
  call.info.remark = "unknown finish reason \"x\"";
  paper p;
  p.printer(false, true).on_completion(answer("a"), call);
  CHECK(paper::text(p.err).find("  unknown finish reason \"x\"\n") != std::string::npos);
  paper lines;
  lines.printer(true).on_completion(answer("a"), call);
  CHECK(last_of(paper::text(lines.out)).at("remark") == "unknown finish reason \"x\"");
}

TEST_CASE("with --json the last object always has the same members") {
  const failure failed = failure(errc::rate_limited, "slower").status(429).retry_after(2s).remote("no");
  for (int way = 0; way < 3; ++way) {
    paper p;
    auto printer = p.printer(true);
    if (way == 0)
      printer.on_completion(answer("x"), answered());
    else if (way == 1)
      printer.on_failure(tried(failed));
    else
      printer.on_failure(tried(failure(errc::missing_key, "no key")));
    const auto last = last_of(paper::text(p.out));
    for (const auto* name : {"outcome", "finish_reason", "usage", "cost", "ttft_ms", "total_ms", "attempts"}) {
      CAPTURE(name);
      CHECK(last.as_object().contains(name));
    }
    CHECK(last.at("attempts").as_array().size() == (way == 2 ? 0 : 1));
    CHECK(last.at("outcome") == (way == 0 ? "complete" : "failed"));
    if (way == 1) {
      CHECK(last.at("error").at("status") == 429);
      CHECK(last.at("error").at("retry_after_ms") == 2000.0);
      CHECK(last.at("error").at("code") == "rate_limited");
    }
    CHECK(paper::text(p.err).empty());
  }
}

TEST_CASE("a call that was never attempted has no attempts") {
  paper p;
  p.printer(true).on_failure(tried(failure(errc::unsupported, "")));
  CHECK(last_of(paper::text(p.out)).at("attempts").as_array().empty());
}

TEST_CASE("the timeline has a line per attempt, with its waits and its failure") {
  paper p;
  auto call = answered();
  call.attempts[0]->failure = failure(errc::rate_limited, "slower");
  call.attempts[0]->status = 429;
  auto second = std::make_shared<attempt>(*call.attempts[0]);
  second->number = 2;
  second->status = 200;
  second->begun = 2s;
  second->queued = 100ms;
  second->hedge = true;
  second->failure = failure();
  call.attempts.push_back(second);
  p.printer(false, true).on_end(call);
  CHECK(paper::text(p.err) ==
        "  1: custom http://127.0.0.1:1/v1/chat/completions · status 429 · ended after 1.50 s · rate_limited\n"
        "  2: custom http://127.0.0.1:1/v1/chat/completions · hedge · started at 2.00 s · queued 100 ms · status 200"
        " · ended after 1.50 s\n"
        "complete (stop) · 3 tokens in, 5 out · 2 attempts · 1.50 s\n");
}

TEST_CASE("a finish reason from the server stays one harmless line") {
  paper p;
  auto call = answered();
  call.finish_reason = "\x1b[2Jstop\nweir: all is well";
  p.printer().on_end(call);
  CHECK(paper::text(p.err) == "complete (\uFFFD[2Jstop weir: all is well) · 3 tokens in, 5 out · 1.50 s\n");
}

TEST_CASE("a job's status and log from the server stay harmless lines") {
  paper p;
  progress now;
  now.at = progress::stage::running;
  now.status = "wait\x1b[A\nweir: done";
  now.log = "\x07log";
  auto more = std::make_shared<event::details>();
  more->progress = now;
  p.printer(false, true).on_event(event(event::kind::progress, "", 0, std::move(more)), 0ms);
  CHECK(paper::text(p.err) == "\uFFFDlog\nrunning (wait\uFFFD[A weir: done)\n");
}

TEST_CASE("an explained request hides keys in any header") {
  explained_request r;
  r.method = "POST";
  r.url = "https://example.org/v1/chat/completions";
  r.headers = {
      {"Authorization", "Bearer canary"}, {"x-api-key", "canary"}, {"x-other", "shown"}, {"api-key", "hf_***"}};
  r.body = R"({"model":"a/b"})";
  const auto text = cli::to_json(r);
  CHECK(text.find("canary") == std::string::npos);
  CHECK(text == R"({"method":"POST","url":"https://example.org/v1/chat/completions",)"
                R"("headers":{"Authorization":"***","x-api-key":"***","x-other":"shown","api-key":"hf_***"},)"
                R"("body":{"model":"a/b"}})");
}
