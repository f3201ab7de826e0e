// Lists of models and an endpoint's own routes, as the client requests them.
#include "client/support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

credentials hub_key() {
  credentials keys;
  keys.hugging_face(secret("hf_canary0123"));
  return keys;
}

script get(const std::string& what, const std::string& response) {
  return script().expect("GET " + what + " HTTP/1.1\r\n").reply(response);
}

std::string json_answer(const std::string& body, int status = 200, const std::string& headers = {}) {
  return answer(status, "application/json", body, headers);
}

const std::string one_model = R"({"object":"list","data":[{"id":"acme/tiny","object":"model","owned_by":"acme"}]})";

class found {
public:
  found() = default;
  std::vector<model_info> models;
  error_code code;
  std::string what;
};

asio::awaitable<void> ask(bench& b, model_query q, found& into) {
  try {
    into.models = co_await b.client().models(std::move(q));
  } catch (const error& e) {
    into.code = e.code();
    into.what = e.what();
  }
}

found list(bench& b, model_query q = model_query()) {
  found f;
  CHECK(b.run([&]() -> asio::awaitable<void> { co_await ask(b, q, f); }));
  return f;
}

} // namespace

TEST_CASE("models of a base URL come from its own list") {
  for (const auto& [url, path] :
       {std::pair("http://127.0.0.1:8080", "/v1/models"), std::pair("http://127.0.0.1:8080/v1", "/v1/models"),
        std::pair("http://127.0.0.1:8080/api/v1/chat/completions", "/api/v1/models")}) {
    bench b(options().base_url(url));
    b.net->add(get(path, json_answer(one_model)));
    const auto f = list(b);
    REQUIRE(f.models.size() == 1);
    CHECK(f.models[0].id == "acme/tiny");
    CHECK(b.net->connections()[0]->sent.find("accept: application/json\r\n") != std::string::npos);
    b.check_clean();
  }
}

TEST_CASE("a server without OpenAI's list gets a request for Ollama's") {
  bench b;
  b.net->add(get("/v1/models", json_answer(R"({"error":"no"})", 404))
                 .expect("GET /api/tags HTTP/1.1")
                 .reply(json_answer(R"({"models":[{"name":"tiny:latest"}]})")));
  const auto f = list(b);
  REQUIRE(f.models.size() == 1);
  CHECK(f.models[0].id == "tiny:latest");
  b.check_clean();
}

TEST_CASE("without a URL the router is queried, for one model if its full name is given, and needs no key") {
  bench b(options().credentials(hub_key()));
  b.net->add(get("/v1/models/acme/tiny", json_answer(R"({"id":"acme/tiny","providers":[]})"))
                 .expect("GET /v1/models HTTP/1.1")
                 .reply(json_answer(one_model)));
  CHECK(list(b, model_query("acme/tiny")).models.size() == 1);
  CHECK(list(b, model_query("tiny")).models.size() == 1);
  CHECK(b.net->connections()[0]->to.text() == "https://router.huggingface.co");
  CHECK(b.net->connections()[0]->sent.find("authorization: Bearer hf_canary0123\r\n") != std::string::npos);
  b.check_clean();

  bench without{options()};
  without.net->add(get("/v1/models", json_answer(one_model)));
  CHECK(list(without).models.size() == 1);
  CHECK(without.net->connections()[0]->sent.find("authorization") == std::string::npos);
  without.check_clean();
}

TEST_CASE("a full name that the router does not know is searched for as part of a name") {
  bench b{options()};
  b.net->add(get("/v1/models/acme/ti", json_answer(R"({"error":"no such model"})", 404))
                 .expect("GET /v1/models HTTP/1.1")
                 .reply(json_answer(one_model)));
  CHECK(list(b, model_query("acme/ti")).models.size() == 1);
  b.check_clean();
}

TEST_CASE("another task's models come from the Hub's listing, page by page") {
  bench b(options().credentials(hub_key()));
  const std::string query = "/api/models?inference_provider=fal-ai&pipeline_tag=text-to-image&"
                            "expand=inferenceProviderMapping&expand=pipeline_tag";
  const auto entry = [](const char* id) {
    return std::string(R"([{"id":")") + id +
           R"(","inferenceProviderMapping":[{"provider":"fal-ai","status":"live","providerId":"x","task":"text-to-image"}]}])";
  };
  b.net->add(get(query, json_answer(entry("a/one"), 200,
                                    "link: <https://huggingface.co/api/models?cursor=2>; rel=\"next\"\r\n"))
                 .expect("GET /api/models?cursor=2 HTTP/1.1")
                 .reply(json_answer(entry("a/two"))));
  const auto f = list(b, model_query().task("text-to-image").provider("fal-ai"));
  REQUIRE(f.models.size() == 2);
  CHECK(f.models[1].id == "a/two");
  CHECK(b.net->connections()[0]->to.text() == "https://huggingface.co");
  b.check_clean();
}

TEST_CASE("with a vendor's own key the vendor's own list is queried, and no other key is sent") {
  credentials keys = hub_key();
  keys.vendor("groq", secret("gsk_canary0123"));
  bench b(options().provider("groq").credentials(keys));
  b.net->add(get("/openai/v1/models", json_answer(one_model)));
  CHECK(list(b).models.size() == 1);
  CHECK(b.net->connections()[0]->to.text() == "https://api.groq.com");
  CHECK(b.net->connections()[0]->sent.find("authorization: Bearer gsk_canary0123\r\n") != std::string::npos);
  CHECK(b.net->connections()[0]->sent.find("hf_canary") == std::string::npos);
  b.check_clean();
}

TEST_CASE("a look-up is tried again, and a refusal is not") {
  bench b{bench::with_policies(bench::plain())};
  b.net->add(get("/v1/models", json_answer(R"({"error":{"message":"busy","type":"server_error"}})", 503))
                 .expect("GET /v1/models HTTP/1.1")
                 .reply(json_answer(one_model)));
  CHECK(list(b).models.size() == 1);
  b.check_clean();

  bench refused{bench::with_policies(bench::plain())};
  refused.net->add(get("/v1/models", json_answer(R"({"error":{"message":"no"}})", 401)));
  CHECK(list(refused).code == errc::unauthorized);
  refused.check_clean();
}

TEST_CASE("a response that is no list, is too large or never arrives is an error") {
  bench wrong;
  wrong.net->add(get("/v1/models", answer(200, "text/html", "<html></html>")));
  CHECK(list(wrong).code == errc::malformed_response);
  wrong.check_clean();

  bench large;
  large.net->add(script().expect("GET /v1/models").reply("HTTP/1.1 200 OK\r\ncontent-length: 16777217\r\n\r\n"));
  CHECK(list(large).code == errc::response_too_large);
  large.check_clean();

  bench silent;
  silent.net->add(script().expect("GET /v1/models").stall());
  CHECK(list(silent).code == errc::first_token_timeout);
  CHECK(silent.now() == 30s);
  silent.check_clean();
}

TEST_CASE("an unknown provider is refused before anything is sent") {
  bench b{options()};
  CHECK(list(b, model_query().provider("nobody")).code == errc::unknown_provider);
  CHECK(b.net->attempts() == 0);
  b.check_clean();
}

namespace {

// Calls each of an endpoint's routes once.
class told {
public:
  told() = default;
  endpoint_health health = endpoint_health::paused;
  endpoint_info info;
  std::vector<text_token> tokens;
  chat_tokens of_chat;
  std::vector<metric_sample> metrics;
};

asio::awaitable<void> ask_all(bench& b, told& t) {
  auto server = b.client().endpoint();
  t.health = co_await server.health();
  t.info = co_await server.info();
  t.tokens = co_await server.tokenize("a \"b\"");
  t.of_chat = co_await server.chat_tokenize(weir::chat().user("hi"));
  t.metrics = co_await server.metrics();
}

} // namespace

TEST_CASE("an endpoint is queried for health, info, tokens and metrics below its URL, with or without /v1") {
  for (const auto* url : {"http://127.0.0.1:8080/my", "http://127.0.0.1:8080/my/v1/"}) {
    bench b(options().base_url(url));
    b.net->add(get("/my/health", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                   .expect("GET /my/info HTTP/1.1")
                   .reply(json_answer(R"({"model_id":"acme/tiny","max_total_tokens":2048})"))
                   .expect("POST /my/tokenize HTTP/1.1")
                   .expect(R"({"inputs":"a \"b\""})")
                   .reply(json_answer(R"([{"id":7,"text":"a","start":0,"stop":1}])"))
                   .expect("POST /my/chat_tokenize HTTP/1.1")
                   .expect(R"("messages":[{"role":"user","content":"hi"}])")
                   .reply(json_answer(
                       R"({"tokenize_response":[{"id":8,"text":"hi","start":0,"stop":2}],"templated_text":"<u>hi"})"))
                   .expect("GET /my/metrics HTTP/1.1")
                   .reply(answer(200, "text/plain", "tgi_queue_size 3\n")));
    told t;
    CHECK(b.run([&]() -> asio::awaitable<void> { co_await ask_all(b, t); }));
    CHECK(t.health == endpoint_health::ready);
    CHECK(t.info.max_total_tokens == 2048);
    CHECK(t.tokens.at(0).id == 7);
    CHECK(t.of_chat.templated_text == "<u>hi");
    CHECK(t.metrics.at(0).value == 3);
    b.check_clean();
  }
}

TEST_CASE("health sends one request whatever the response, and other failures are errors") {
  const auto health = [](const std::string& response, error_code& code) {
    bench b{bench::with_policies(bench::plain().cold_start(weir::cold_start().any_host(true)))};
    b.net->add(get("/health", response));
    auto h = endpoint_health::ready;
    CHECK(b.run([&]() -> asio::awaitable<void> {
      try {
        h = co_await b.client().endpoint().health();
      } catch (const error& e) {
        code = e.code();
      }
    }));
    CHECK(b.net->connections().size() == 1);
    b.check_clean();
    return h;
  };
  error_code code;
  CHECK(health(json_answer(R"({"error":"unhealthy","error_type":"healthcheck"})", 503), code) ==
        endpoint_health::unhealthy);
  CHECK(health(answer(503, "text/plain", ""), code) == endpoint_health::starting);
  CHECK(health(answer(400, "text/plain", "Bad Request: Invalid state"), code) == endpoint_health::paused);
  CHECK_FALSE(code);
  health(json_answer(R"({"error":"no"})", 401), code);
  CHECK(code == errc::unauthorized);
}

TEST_CASE("an endpoint without a URL is refused at once") {
  bench b{options()};
  CHECK_THROWS_AS(b.client().endpoint(), error);
  CHECK_NOTHROW(b.client().endpoint("http://127.0.0.1:1"));
  b.check_clean();
}

TEST_CASE("a chat waits for an endpoint that is starting, asks it to hold the request, and opens no circuit") {
  bench b{bench::with_policies(bench::plain().cold_start(weir::cold_start().any_host(true)).first_token_timeout(2min))};
  script s;
  for (int i = 0; i != 12; ++i)
    s.expect("POST /v1/chat/completions").reply(answer(503, "text/plain", "no healthy upstream"));
  b.net->add(s.expect("POST /v1/chat/completions").reply(streamed(chat_events({"awake"}))));
  const auto seen = b.stream_chat();
  CHECK(seen.outcome == outcome::complete);
  CHECK(seen.text == "awake");
  CHECK(b.now() > 40s);
  const auto& sent = b.net->connections()[0]->sent;
  const auto first_hold = sent.find("x-scale-up-timeout: 60\r\n");
  REQUIRE(first_hold != std::string::npos);
  CHECK(sent.substr(0, first_hold).find("POST", 1) != std::string::npos);
  const auto seen_now = b.client().inspect(b.time().now());
  for (const auto& state : seen_now.breakers)
    CHECK(state.state == breaker_state::phase::closed);
  for (const auto& q : seen_now.quotas)
    CHECK(q.granted == 0);
  b.check_clean();
}

TEST_CASE("only Hugging Face's endpoints are assumed to scale to zero, unless the options say otherwise") {
  const auto answered = [](options o, const char* code_name) {
    CAPTURE(code_name);
    bench b(std::move(o));
    script s;
    s.expect("POST ").reply(answer(503, "text/plain", "no healthy upstream"));
    s.expect("POST ").reply(streamed(chat_events({"awake"})));
    b.net->add(s);
    const auto seen = b.stream_chat();
    b.one.reset();
    return seen.outcome;
  };
  CHECK(answered(options().base_url("https://x.eu-west-1.aws.endpoints.huggingface.cloud"), "endpoint") ==
        outcome::complete);
  CHECK(answered(options()
                     .base_url("https://x.eu-west-1.aws.endpoints.huggingface.cloud")
                     .cold_start(weir::cold_start::never()),
                 "never") != outcome::complete);
  CHECK(answered(bench::plain(), "other") != outcome::complete);
}
