// The OpenTelemetry names of calls and attempts, and the log line.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include <weir/policy/observe/observe.hpp>

using namespace std::chrono_literals;
using namespace weir;

namespace {

using names = std::map<std::string, std::string>;

names of(const std::vector<attribute>& list) {
  names all;
  for (const auto& a : list)
    CHECK_MESSAGE(all.emplace(a.name(), a.text()).second, "twice: " << a.name());
  return all;
}

std::shared_ptr<attempt> first_attempt() {
  const auto a = std::make_shared<attempt>();
  a->provider = "groq";
  a->model = "llama-3.3-70b-versatile";
  a->url = "https://api.example.com/openai/v1/chat/completions?api-key=sk-hidden";
  a->key = "GROQ_API_KEY_2";
  a->queued = 5ms;
  a->connection.resolve = 1ms;
  a->connection.connect = 20ms;
  a->connection.handshake = 30ms;
  a->sent = 60ms;
  a->ended = 100ms;
  a->status = 429;
  a->bytes = 77;
  a->failure = failure(errc::rate_limited, "groq: too many requests")
                   .remote("the prompt was: secret")
                   .remote_code("rate_limit_exceeded")
                   .request_id("req_1")
                   .status(429)
                   .retry_after(1500ms);
  return a;
}

call_record retried() {
  call_record r;
  r.operation = "chat";
  r.provider = "auto";
  r.model = "meta-llama/Llama-3.3-70B-Instruct";
  r.streamed = true;
  r.started = std::chrono::sys_days(std::chrono::year(2026) / 3 / 9) + 61s + 7ms;
  r.first_token = 250ms;
  r.ended = 1630200us;
  r.outcome = outcome::complete;
  r.usage.prompt_tokens = 12;
  r.usage.completion_tokens = 0;
  r.usage.cached_tokens = 4;
  r.finish_reason = "stop";
  r.info.id = "chatcmpl-9";
  r.info.model = "llama-3.3-70b-versatile";
  r.attempts.push_back(first_attempt());
  const auto second = std::make_shared<attempt>();
  second->provider = "tgi";
  second->url = "http://[::1]:8080/v1";
  second->number = 2;
  second->hedge = true;
  second->maybe_billed = true;
  second->connection.reused = true;
  r.attempts.push_back(second);
  return r;
}

} // namespace

TEST_CASE("a call's attributes have the names and types of the conventions") {
  const auto list = attributes(retried());
  const auto a = of(list);
  CHECK(a.at("gen_ai.operation.name") == "chat");
  CHECK(a.at("gen_ai.provider.name") == "huggingface");
  CHECK(a.at("gen_ai.request.model") == "meta-llama/Llama-3.3-70B-Instruct");
  CHECK(a.at("gen_ai.request.stream") == "true");
  CHECK(a.at("gen_ai.response.id") == "chatcmpl-9");
  CHECK(a.at("gen_ai.response.model") == "llama-3.3-70b-versatile");
  CHECK(a.at("gen_ai.response.finish_reasons") == "stop");
  CHECK(a.at("gen_ai.response.time_to_first_chunk") == "0.25");
  CHECK(a.at("gen_ai.usage.input_tokens") == "12");
  CHECK(a.at("gen_ai.usage.output_tokens") == "0");
  CHECK(a.at("gen_ai.usage.cache_read.input_tokens") == "4");
  CHECK_FALSE(a.contains("gen_ai.usage.reasoning.output_tokens"));
  CHECK_FALSE(a.contains("error.type"));
  CHECK(a.at("server.address") == "::1");
  CHECK(a.at("server.port") == "8080");
  CHECK(a.at("weir.provider") == "auto");
  CHECK(a.at("weir.outcome") == "complete");
  CHECK(a.at("weir.attempts") == "2");
  CHECK(a.at("weir.duration") == "1.6302");
  CHECK(a.at("weir.maybe_billed") == "true");
  const auto typed = [&](std::string_view name) {
    return std::find_if(list.begin(), list.end(), [&](const attribute& one) { return one.name() == name; })->value();
  };
  CHECK(std::holds_alternative<std::int64_t>(typed("gen_ai.usage.input_tokens")));
  CHECK(std::holds_alternative<std::vector<std::string>>(typed("gen_ai.response.finish_reasons")));
  CHECK(std::holds_alternative<double>(typed("gen_ai.response.time_to_first_chunk")));
  CHECK(std::holds_alternative<bool>(typed("gen_ai.request.stream")));
  CHECK(span_name(retried()) == "chat meta-llama/Llama-3.3-70B-Instruct");
}

TEST_CASE("a request's settings and its conversation are attributes, as far as it sets them") {
  auto r = retried();
  for (const auto& one : attributes(r)) {
    CHECK(one.name() != "gen_ai.conversation.id");
    CHECK((!one.name().starts_with("gen_ai.request.") || one.name() == "gen_ai.request.model" ||
           one.name() == "gen_ai.request.stream"));
  }
  r.conversation = "thread-7";
  r.settings.max_tokens = 512;
  r.settings.choices = 3;
  r.settings.seed = 7;
  r.settings.temperature = 0.0;
  r.settings.top_p = 0.9;
  r.settings.top_k = 40;
  r.settings.frequency_penalty = -0.5;
  r.settings.presence_penalty = 0.25;
  r.settings.stop = {"END", "\n\n"};
  const auto list = attributes(r);
  const auto a = of(list);
  CHECK(a.at("gen_ai.conversation.id") == "thread-7");
  CHECK(a.at("gen_ai.request.max_tokens") == "512");
  CHECK(a.at("gen_ai.request.choice.count") == "3");
  CHECK(a.at("gen_ai.request.seed") == "7");
  CHECK(a.at("gen_ai.request.temperature") == "0");
  CHECK(a.at("gen_ai.request.top_p") == "0.9");
  CHECK(a.at("gen_ai.request.top_k") == "40");
  CHECK(a.at("gen_ai.request.frequency_penalty") == "-0.5");
  CHECK(a.at("gen_ai.request.presence_penalty") == "0.25");
  for (const auto& one : list)
    if (one.name() == "gen_ai.request.stop_sequences")
      CHECK(std::get<std::vector<std::string>>(one.value()) == r.settings.stop);
    else if (one.name() == "gen_ai.request.temperature" || one.name() == "gen_ai.request.top_k")
      CHECK(std::holds_alternative<double>(one.value()));
    else if (one.name() == "gen_ai.request.max_tokens" || one.name() == "gen_ai.request.seed")
      CHECK(std::holds_alternative<std::int64_t>(one.value()));
  CHECK(a.contains("gen_ai.request.stop_sequences"));
  // One answer is what there is without it.
  r.settings.choices = 1;
  CHECK_FALSE(of(attributes(r)).contains("gen_ai.request.choice.count"));
}

TEST_CASE("usage has the conventions' names, in which parts are contained in their totals") {
  call_record r;
  r.operation = "chat";
  auto& u = r.usage.units;
  u.set(usage_unit::input_text, 50);
  u.set(usage_unit::input_audio, 20);
  u.set(usage_unit::input_image, 5);
  u.set(usage_unit::input_video, 3);
  u.set(usage_unit::cache_read, 100);
  u.set(usage_unit::cache_write_5m, 7);
  u.set(usage_unit::cache_write_1h, 8);
  u.set(usage_unit::output_text, 11);
  u.set(usage_unit::output_reasoning, 12);
  u.set(usage_unit::output_audio, 13);
  u.set(usage_unit::output_image, 14);
  u.set(usage_unit::searches, 2);
  r.usage.estimated = true;
  r.info.service_tier = "flex";
  const auto a = of(attributes(r));
  CHECK(a.at("gen_ai.usage.input_tokens") == "193");
  CHECK(a.at("gen_ai.usage.output_tokens") == "50");
  CHECK(a.at("gen_ai.usage.cache_read.input_tokens") == "100");
  CHECK(a.at("gen_ai.usage.cache_write.input_tokens") == "15");
  CHECK(a.at("gen_ai.usage.cache_creation.input_tokens") == "15");
  CHECK(a.at("gen_ai.usage.reasoning.output_tokens") == "12");
  CHECK(a.at("gen_ai.usage.text.input_tokens") == "50");
  CHECK(a.at("gen_ai.usage.audio.input_tokens") == "20");
  CHECK(a.at("gen_ai.usage.image.input_tokens") == "5");
  CHECK(a.at("gen_ai.usage.video.input_tokens") == "3");
  CHECK(a.at("gen_ai.usage.text.output_tokens") == "11");
  CHECK(a.at("gen_ai.usage.audio.output_tokens") == "13");
  CHECK(a.at("gen_ai.usage.image.output_tokens") == "14");
  CHECK(a.at("weir.usage.searches") == "2");
  CHECK(a.at("weir.usage.estimated") == "true");
  CHECK(a.at("weir.service_tier") == "flex");
  for (const auto& [name, value] : a)
    for (const auto* dead : {"gen_ai.system", "gen_ai.prompt", "gen_ai.completion", "gen_ai.usage.prompt_tokens"})
      CHECK(name != dead);
}

TEST_CASE("tokens are not said to be text where the provider does not tell") {
  call_record r;
  r.usage.prompt_tokens = 5;
  r.usage.units.set(usage_unit::input_text, 5);
  r.usage.units.set(usage_unit::output_text, 6);
  const auto a = of(attributes(r));
  CHECK(a.at("gen_ai.usage.input_tokens") == "5");
  CHECK(a.at("gen_ai.usage.output_tokens") == "6");
  CHECK_FALSE(a.contains("gen_ai.usage.text.input_tokens"));
  CHECK_FALSE(a.contains("gen_ai.usage.text.output_tokens"));
  CHECK_FALSE(a.contains("gen_ai.usage.cache_write.input_tokens"));
}

TEST_CASE("what an operation makes is told where it can only be one kind") {
  const auto type = [](std::string operation) {
    call_record r;
    r.operation = std::move(operation);
    return of(attributes(r))["gen_ai.output.type"];
  };
  CHECK(type("text-to-image") == "image");
  CHECK(type("text-to-speech") == "speech");
  CHECK(type("chat") == "");
}

TEST_CASE("an attempt's attributes contain its steps and its error, and no more of the URL than the server") {
  const auto call = retried();
  const auto a = of(attributes(call, *call.attempts[0]));
  CHECK(a.at("gen_ai.provider.name") == "groq");
  CHECK(a.at("gen_ai.request.model") == "llama-3.3-70b-versatile");
  CHECK(a.at("server.address") == "api.example.com");
  CHECK(a.at("server.port") == "443");
  CHECK(a.at("error.type") == "rate_limited");
  CHECK(a.at("http.response.status_code") == "429");
  CHECK(a.at("weir.queue") == "0.005");
  CHECK_FALSE(a.contains("weir.cache.hit"));
  CHECK(a.at("weir.resolve") == "0.001");
  CHECK(a.at("weir.connect") == "0.02");
  CHECK(a.at("weir.tls") == "0.03");
  CHECK(a.at("weir.sent") == "0.06");
  CHECK(a.at("weir.key") == "GROQ_API_KEY_2");
  CHECK(a.at("weir.remote_code") == "rate_limit_exceeded");
  CHECK(a.at("weir.retry_after") == "1.5");
  CHECK(a.at("weir.bytes") == "77");
  CHECK_FALSE(a.contains("weir.first_byte"));
  for (const auto& [name, value] : a) {
    CHECK(value.find("sk-hidden") == std::string::npos);
    CHECK(value.find("secret") == std::string::npos);
  }
  const auto b = of(attributes(call, *call.attempts[1]));
  CHECK(b.at("http.request.resend_count") == "1");
  CHECK(b.at("weir.hedge") == "true");
  CHECK(b.at("weir.connection.reused") == "true");
  CHECK_FALSE(b.contains("error.type"));
}

TEST_CASE("the server of a URL in all its forms") {
  const auto server = [](std::string url) {
    call_record r;
    attempt a;
    a.url = std::move(url);
    auto all = of(attributes(r, a));
    return all["server.address"] + ' ' + all["server.port"];
  };
  CHECK(server("http://127.0.0.1") == "127.0.0.1 80");
  CHECK(server("http://127.0.0.1:9/x:7") == "127.0.0.1 9");
  CHECK(server("https://[2001:db8::1]/v1") == "2001:db8::1 443");
  CHECK(server("https://user:pass@h.example:8443?x") == "h.example 8443");
  CHECK(server("nothing") == " ");
  CHECK(server("https://[") == " ");
  CHECK(server("") == " ");
}

TEST_CASE("the type of an error is weir's name for it, whatever kind of ending it is") {
  call_record r;
  r.outcome = outcome::stalled;
  CHECK(otel_error_type(r) == "stalled");
  r.failure = failure(errc::first_token_timeout, "x");
  CHECK(otel_error_type(r) == "first_token_timeout");
  r.outcome = outcome::length;
  CHECK(otel_error_type(r) == "");
  CHECK(otel_error_type(failure(boost::system::errc::make_error_code(boost::system::errc::io_error), "x")) == "_OTHER");
  CHECK(otel_error_type(failure()) == "");
  CHECK(otel_provider_name("hf-inference") == "huggingface");
  CHECK(otel_provider_name("groq") == "groq");
  CHECK(otel_provider_name("gemini") == "gcp.gemini");
  CHECK(otel_provider_name("openai-responses") == "openai");
  CHECK(otel_provider_name("cohere-v2") == "cohere");
}

TEST_CASE("a log line is one line of logfmt") {
  auto r = retried();
  CHECK(log_line(r) ==
        "at=2026-03-09T00:01:01.007Z op=chat provider=auto model=meta-llama/Llama-3.3-70B-Instruct "
        "answered_by=llama-3.3-70b-versatile outcome=complete finish=stop first_token=250.0ms total=1630.2ms "
        "input_tokens=12 output_tokens=0 attempts=2 hedges=1 queued=5.0ms maybe_billed=true id=chatcmpl-9");
  r = call_record();
  r.operation = "chat";
  r.model = "a \"b\"\n=\x1b\\";
  r.failure = first_attempt()->failure;
  CHECK(log_line(r) ==
        "at=1970-01-01T00:00:00.000Z op=chat model=\"a \\\"b\\\"\\n=\\x1b\\\\\" outcome=failed attempts=0 "
        "error=rate_limited status=429 remote_code=rate_limit_exceeded request_id=req_1 "
        "retry_after=1500.0ms message=\"groq: too many requests\"");
}
