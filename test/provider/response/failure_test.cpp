// Failures from statuses, headers and bodies: their codes, messages, advice and redaction.
#include <doctest/doctest.h>

#include "provider/dialect.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace {

provider::route route_to(const char* id, const char* key = "hf_secretsecret") {
  provider::target t;
  t.provider = id;
  t.model = "org/model";
  t.key = secret(key);
  return provider::resolve(provider::task::chat, t);
}

http::response_head head_of(int status) {
  http::response_head head;
  head.status = status;
  return head;
}

failure explained(int status, std::string_view body, const char* id = "together") {
  return provider::failure_of_response(route_to(id), head_of(status), body);
}

class row {
public:
  row(int status, const char* body, errc wanted, const char* remote)
      : status(status), body(body), wanted(wanted), remote(remote) {}
  int status;
  std::string body;
  errc wanted;
  std::string remote;
};

} // namespace

TEST_CASE("every form of an error body gives its code and its message") {
  const row rows[] = {
      {400, R"({"error":{"message":"bad","type":"invalid_request_error","param":null,"code":null}})", errc::bad_request,
       "bad"},
      {400, R"({"object":"error","message":"flat","code":40001})", errc::bad_request, "flat"},
      {400, R"({"message":"store is not supported","type":"x","code":"wrong_api_format"})", errc::bad_request,
       "store is not supported"},
      {400, R"({"error":["one","two"]})", errc::bad_request, "one; two"},
      {400, "Bad Request: Invalid state", errc::paused, "Bad Request: Invalid state"},
      {400, R"({"error":{"message":"The requested model 'a/b' is not supported by any provider you have enabled."}})",
       errc::not_found, "The requested model 'a/b' is not supported by any provider you have enabled."},
      {401, "", errc::unauthorized, ""},
      {401, R"({"error":"Invalid username or password."})", errc::unauthorized, "Invalid username or password."},
      {402, R"({"error":"pay"})", errc::quota_exhausted, "pay"},
      {403, R"({"message":"gated"})", errc::forbidden, "gated"},
      {404, "404: Not Found", errc::not_found, "404: Not Found"},
      {404, R"({"error":{"code":404,"message":"gone","status":"NOT_FOUND"}})", errc::not_found, "gone"},
      {404, R"({"type":"error","error":{"type":"not_found_error","message":"model: x"},"request_id":"req_1"})",
       errc::not_found, "model: x"},
      {409, "{}", errc::server_error, ""},
      {413, "", errc::bad_request, ""},
      {422, "Failed to deserialize the JSON body into the target type", errc::bad_request,
       "Failed to deserialize the JSON body into the target type"},
      {422, R"({"error":"Input validation error: x","error_type":"validation"})", errc::bad_request,
       "Input validation error: x"},
      {422, R"({"detail":[{"loc":["body","loras",0,"path"],"msg":"str expected","type":"t"}]})", errc::bad_request,
       "body.loras.0.path: str expected"},
      {422, R"({"detail":"Unsupported data URL"})", errc::bad_request, "Unsupported data URL"},
      {422, R"({"detail":"- input: text is required","status":422,"title":"Input validation failed"})",
       errc::bad_request, "- input: text is required"},
      {424, R"({"error":"Request failed during generation: x","error_type":"generation"})", errc::server_error,
       "Request failed during generation: x"},
      {429, R"({"error":"Rate limit reached. Please log in"})", errc::rate_limited,
       "Rate limit reached. Please log in"},
      {429, R"({"error":"Model is overloaded","error_type":"overloaded"})", errc::overloaded, "Model is overloaded"},
      {429, R"({"error":{"code":429,"message":"slow down","metadata":{}},"user_id":"u"})", errc::rate_limited,
       "slow down"},
      {429, R"({"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}})",
       errc::quota_exhausted, "m"},
      {429, R"({"error":{"message":"m","code":"credit_balance_exhausted"}})", errc::quota_exhausted, "m"},
      {429, R"({"error":{"message":"m","code":"enforced_spend_limit_reached"}})", errc::quota_exhausted, "m"},
      {400, R"({"error":{"message":"Your credit balance is too low to access the API."}})", errc::quota_exhausted,
       "Your credit balance is too low to access the API."},
      {403, R"({"error":"You have exceeded your monthly included credits for Inference Providers."})",
       errc::quota_exhausted, "You have exceeded your monthly included credits for Inference Providers."},
      {500, R"({"error":"unknown error","warnings":["w"]})", errc::server_error, "unknown error"},
      {501, "", errc::bad_request, ""},
      {502, "", errc::server_error, ""},
      {503, R"({"error":"overloaded"})", errc::overloaded, "overloaded"},
      {503, R"({"error":"Model x is currently loading","estimated_time":20.0})", errc::loading,
       "Model x is currently loading"},
      {504, "upstream timed out", errc::server_error, "upstream timed out"},
      {529, "{}", errc::overloaded, ""},
      {418, "teapot", errc::bad_request, "teapot"},
      {307, "", errc::unexpected_redirect, ""},
      {200, "plain words", errc::unexpected_content, "plain words"},
      {500, R"(["a list"])", errc::server_error, "a list"},
      {500, "null", errc::server_error, ""},
      {500, R"("text")", errc::server_error, "text"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.status);
    CAPTURE(r.body);
    const auto f = explained(r.status, r.body);
    CHECK(f.code() == r.wanted);
    CHECK(f.remote() == r.remote);
    CHECK(f.status() == r.status);
    CHECK(f.message().find(std::to_string(r.status)) != std::string::npos);
  }
}

TEST_CASE("weir's own message says what to do") {
  CHECK(explained(401, "").message().find("HF_TOKEN") != std::string::npos);
  CHECK(provider::failure_of_response(route_to("groq", "gsk_x"), head_of(401), "").message().find("GROQ_API_KEY") !=
        std::string::npos);
  CHECK(explained(404, "").message().find("check the model's name") != std::string::npos);
  CHECK(explained(404, "").message().find("org/model") != std::string::npos);
  CHECK(explained(402, "").message().find("add credit") != std::string::npos);
}

TEST_CASE("an HTML page is named, never quoted") {
  for (const char* body : {"<!DOCTYPE html><html><body>502 by evil</body></html>", "\n <html>evil"}) {
    const auto f = explained(502, body);
    CHECK(f.remote().empty());
    CHECK(f.message().find("HTML page") != std::string::npos);
    CHECK(f.describe().find("evil") == std::string::npos);
  }
  auto head = head_of(503);
  head.headers.add("content-type", "text/html; charset=utf-8");
  CHECK(provider::failure_of_response(route_to("groq"), head, "<html>evil").remote().empty());
}

TEST_CASE("a page's title is shown, and so is plain text labelled as a page") {
  const auto page =
      explained(502, "<!DOCTYPE html>\n<html><head><title>Bad\x1b[2J Gateway</title></head><body>evil</body></html>");
  CHECK(page.remote() == "Bad [2J Gateway");
  CHECK(page.message().find("HTML page") != std::string::npos);
  auto head = head_of(503);
  head.headers.add("content-type", "text/html; charset=utf-8");
  CHECK(provider::failure_of_response(route_to("groq"), head, "no upstream").remote() == "no upstream");
  CHECK(provider::failure_of_response(route_to("groq"), head, R"({"error":"no upstream"})").remote() == "no upstream");
}

TEST_CASE("a message in a coding that was not requested is reported") {
  auto head = head_of(400);
  head.headers.add("content-encoding", "gzip");
  CHECK(provider::failure_of_response(route_to("groq"), head, "").message().find("content coding gzip") !=
        std::string::npos);
}

TEST_CASE("messages are found wherever a server puts them") {
  const row rows[] = {
      {422,
       R"({"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","top","k"],"msg":"not permitted"}]}})",
       errc::bad_request, "body.top.k: not permitted"},
      {400,
       R"({"error":{"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"one picture\"}}"}}})",
       errc::bad_request, "Provider returned error: one picture"},
      {400, R"({"error":{"message":"Provider returned error","metadata":{"raw":"too hot"}}})", errc::bad_request,
       "Provider returned error: too hot"},
      {400, R"({"error":{"message":{"error":"prompt too long","max":4096}}})", errc::bad_request, "prompt too long"},
      {400, R"({"error":"{\"error\":{\"message\":\"inner words\"}}"})", errc::bad_request, "inner words"},
      {422, R"({"errors":{"max_tokens":["must be less"]}})", errc::bad_request, "max_tokens: must be less"},
      {422, R"({"title":"Validation failed","errors":{"model":["required"]}})", errc::bad_request,
       "Validation failed: model: required"},
      {400, R"({"errors":[{"message":"first"},{"message":"second"}]})", errc::bad_request, "first; second"},
      {400, R"({"code":20012,"msg":"no such model here","data":null})", errc::bad_request, "no such model here"},
      {429, R"({"fault":{"faultstring":"quota violation","detail":{"errorcode":"policies.x"}}})", errc::rate_limited,
       "quota violation"},
      {400, R"({"Response":{"Error":{"Code":"AuthFailure","Message":"secret id not found"},"RequestId":"r1"}})",
       errc::bad_request, "secret id not found"},
      {400, R"({"error":{"code":"X","details":"the words"}})", errc::bad_request, "the words"},
      {400, R"({"reason":"the words"})", errc::bad_request, "the words"},
      {400, R"({"status":{"code":3,"message":"the words"}})", errc::bad_request, "the words"},
      {400, R"({"statusCode":400,"error":"Bad Request","message":"body must have messages"})", errc::bad_request,
       "Bad Request: body must have messages"},
      {400, R"({"errorMessage":"function failed"})", errc::bad_request, "function failed"},
      {400, R"({"base_resp":{"status_code":1004,"status_msg":"login fail"}})", errc::bad_request, "login fail"},
      {400, R"({"error":{"message":"Unknown parameter","param":"top_k"}})", errc::bad_request,
       "Unknown parameter (top_k)"},
      {400, R"({"outcome":{"tide":"low"}})", errc::bad_request, R"({"outcome":{"tide":"low"}})"},
      {500, R"([{"error":{"message":"in a list"}}])", errc::server_error, "in a list"},
      {403, "<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>the words</Message></Error>",
       errc::forbidden, "the words"},
      {500, "<fault><text>no tide</text></fault>", errc::server_error, "no tide"},
      {500, "<m> is not there", errc::server_error, "<m> is not there"},
      {500, R"({"error":"<m> is not there"})", errc::server_error, "<m> is not there"},
      {500, R"({"error":"<html><title>Bad Gateway</title></html>"})", errc::server_error, "Bad Gateway"},
      {500, "event: error\ndata: {\"error\":{\"message\":\"as a stream\"}}\n\n", errc::server_error, "as a stream"},
      {500, "data: plain words", errc::server_error, "plain words"},
      {500, "{\"error\":\"first line\"}\n{\"done\":true}\n", errc::server_error, "first line"},
      {500, "{\"error\": broken", errc::server_error, "{\"error\": broken"},
      {500, std::string("\x1f\x8b\x08\0\0", 5).c_str(), errc::server_error, ""},
  };
  for (const auto& r : rows) {
    CAPTURE(r.body);
    const auto f = explained(r.status, r.body);
    CHECK(f.code() == r.wanted);
    CHECK(f.remote() == r.remote);
  }
  CHECK(
      explained(400, R"({"Response":{"Error":{"Code":"AuthFailure","Message":"m"},"RequestId":"r1"}})").remote_code() ==
      "AuthFailure");
  CHECK(
      explained(400, R"({"Response":{"Error":{"Code":"AuthFailure","Message":"m"},"RequestId":"r1"}})").request_id() ==
      "r1");
}

TEST_CASE("JSON nested endlessly in JSON terminates") {
  std::string body = R"({"message":"deep"})";
  for (int i = 0; i < 20; ++i)
    body = "{\"error\":" + body + "}";
  CHECK_FALSE(explained(400, body).remote().empty());
}

TEST_CASE("a redirect reports where it leads, without the query") {
  auto head = head_of(302);
  head.headers.add("location", "https://login.example/start?token=secret");
  const auto f = provider::failure_of_response(route_to("groq"), head, "<html><title>Moved</title></html>");
  CHECK(f.code() == errc::unexpected_redirect);
  CHECK(f.remote() == "https://login.example/start");
  CHECK(f.message().find("give the URL") != std::string::npos);
}

TEST_CASE("a failure names the URL it came from, and the type of a response that cannot be read") {
  provider::target t;
  t.base_url = "https://box.example/api?key=secret";
  t.model = "m";
  const auto to = provider::resolve(provider::task::chat, t);
  const auto f = provider::failure_of_response(to, head_of(404), "");
  CHECK(f.message().find("https://box.example/api/v1/chat/completions") != std::string::npos);
  CHECK(f.message().find("secret") == std::string::npos);
  auto head = head_of(200);
  head.headers.add("content-type", "text/plain");
  const auto words = provider::unreadable(failure(errc::unexpected_content, "not JSON"), to, head, "It works!");
  CHECK(words.message().starts_with("not JSON (status 200 from https://box.example/"));
  CHECK(words.message().find("text/plain") != std::string::npos);
  CHECK(words.remote() == "It works!");
  CHECK(words.code() == errc::unexpected_content);
}

TEST_CASE("advice on a key names the option that sets it if the URL was given") {
  provider::target t;
  t.model = "m";
  t.base_url = "https://box.example";
  const auto advice = [&t] {
    return provider::failure_of_response(provider::resolve(provider::task::chat, t), head_of(401), "").message();
  };
  CHECK(advice().find("requires a key: set the one for https://box.example (--api-key-env NAME") != std::string::npos);
  t.key = secret("pk-secretsecret");
  CHECK(advice().find("rejected the key: check the one for https://box.example (--api-key-env NAME") !=
        std::string::npos);
  t.provider = "anthropic";
  CHECK(advice().find("--api-key-env ANTHROPIC_API_KEY") != std::string::npos);
  t.base_url = "https://x.endpoints.huggingface.cloud";
  CHECK(advice().find("HF_TOKEN") != std::string::npos);
}

TEST_CASE("untrusted text is cut and cannot control a terminal") {
  const auto f = explained(500, "{\"error\":\"a\\u001b[31mb\\u0007\\u009b2J\\u202ec\\nd\\u007f\"}");
  CHECK(f.remote() == "a [31mb  2J c d ");
  const auto longer = explained(500, "{\"error\":\"" + std::string(5000, 'x') + "\"}").remote();
  CHECK(longer.size() <= 4096 + 3);
  std::string euros = "x";
  while (euros.size() < 6000)
    euros += "€";
  const auto cut = explained(500, "{\"error\":\"" + euros + "\"}").remote();
  CHECK(cut.find("\xEF\xBF\xBD") == std::string::npos);
  CHECK(explained(500, "raw \xff\xc3 bytes").remote() == "raw \xEF\xBF\xBD\xEF\xBF\xBD bytes");
}

TEST_CASE("any key can be redacted, even one that its own mark contains") {
  for (const std::string key : {"-", "*", "**", "***", "hf_", "hf_***", "a", "sk-***", "gsk_-", "aaaa"}) {
    const auto body = "{\"error\":{\"message\":\"<" + key + key + ">, <" + key + ">\"}}";
    auto head = head_of(401);
    head.headers.add("x-request-id", "id<" + key + ">");
    const auto mark = secret(key).redacted();
    const auto f = provider::failure_of_response(route_to("groq", key.c_str()), head, body);
    CHECK(f.remote() == "<" + mark + mark + ">, <" + mark + ">");
    CHECK(f.request_id() == "id<" + mark + ">");
  }
}

TEST_CASE("a key that the provider quotes is redacted") {
  const auto f = explained(
      401, R"({"error":{"message":"Incorrect API key provided: hf_secretsecret.","code":"hf_secretsecret"}})");
  CHECK(f.remote() == "Incorrect API key provided: hf_***.");
  CHECK(f.describe().find("secretsecret") == std::string::npos);
  CHECK(f.remote_code().find("secretsecret") == std::string::npos);
}

TEST_CASE("retry_after comes from headers or the body, and never from a 2xx") {
  auto head = head_of(503);
  CHECK(provider::failure_of_response(route_to("groq"), head,
                                      R"({"error":"x is currently loading","estimated_time":2.5})")
            .retry_after() == 2500ms);
  head.headers.add("retry-after", "7");
  head.headers.add("x-should-retry", "false");
  const auto f = provider::failure_of_response(route_to("groq"), head, R"({"error":"x","estimated_time":2.5})");
  CHECK(f.retry_after() == 7s);
  CHECK(f.should_retry() == false);
  head.status = 200;
  const auto ok = provider::failure_of_response(route_to("groq"), head, "words");
  CHECK_FALSE(ok.retry_after().has_value());
  CHECK_FALSE(ok.should_retry().has_value());
  CHECK_FALSE(explained(503, R"({"error":"x","estimated_time":-1})").retry_after().has_value());
  CHECK_FALSE(explained(503, R"({"error":"x","estimated_time":1e300})").retry_after().has_value());
}

TEST_CASE("the request id and the message may be in headers") {
  auto head = head_of(401);
  head.headers.add("X-Error-Message", "Invalid credentials");
  head.headers.add("X-Error-Code", "GatedRepo");
  head.headers.add("x-amzn-trace-id", "Root=1");
  auto f = provider::failure_of_response(route_to("groq"), head, "");
  CHECK(f.remote() == "Invalid credentials");
  CHECK(f.remote_code() == "GatedRepo");
  CHECK(f.request_id() == "Root=1");
  CHECK(explained(404, R"({"message":"no Route matched","request_id":"abc"})").request_id() == "abc");
}

TEST_CASE("a dedicated endpoint that responds with 503 is starting") {
  provider::target t;
  t.base_url = "https://abc.eu.aws.endpoints.huggingface.cloud";
  t.key = secret("hf_secretsecret");
  const auto r = provider::resolve(provider::task::chat, t);
  CHECK(provider::failure_of_response(r, head_of(503), "").code() == errc::loading);
  CHECK(provider::failure_of_response(r, head_of(400), "Bad Request: Invalid state").message().find("resume") !=
        std::string::npos);
}

TEST_CASE("Anthropic's and Google's errors give the wait and the request id") {
  auto head = head_of(429);
  head.headers.add("retry-after", "12");
  head.headers.add("request-id", "req_tide");
  const auto a =
      provider::failure_of_response(route_to("anthropic", "sk-ant-x"), head,
                                    R"({"type":"error","error":{"type":"rate_limit_error","message":"slower"}})");
  CHECK(a.code() == errc::rate_limited);
  CHECK(a.remote() == "slower");
  CHECK(a.remote_code() == "rate_limit_error");
  CHECK(a.retry_after() == 12s);
  CHECK(a.request_id() == "req_tide");
  CHECK(provider::failure_of_response(route_to("anthropic", "sk-ant-x"), head_of(401), "{}")
            .message()
            .find("ANTHROPIC_API_KEY") != std::string::npos);
  CHECK(provider::failure_of_response(
            route_to("anthropic", "sk-ant-x"), head_of(400),
            R"({"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}})")
            .code() == errc::quota_exhausted);

  const std::string quota =
      R"({"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED",
      "details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"39s"}]}})";
  for (const auto& body : {quota, "[" + quota + "]"}) {
    const auto g = provider::failure_of_response(route_to("gemini", "own"), head_of(429), body);
    CHECK(g.code() == errc::rate_limited);
    CHECK(g.retry_after() == 39s);
    CHECK(g.remote_code() == "RESOURCE_EXHAUSTED");
  }
  CHECK(provider::failure_of_response(route_to("gemini", "own"), head_of(429),
                                      R"({"error":{"code":429,"message":"You exceeded your current quota"}})")
            .code() == errc::quota_exhausted);
  const auto local =
      provider::failure_of_response(route_to("ollama", "own"), head_of(404), R"({"error":"model 'm' not found"})");
  CHECK(local.code() == errc::not_found);
  CHECK(local.remote() == "model 'm' not found");
  CHECK(provider::failure_of_response(route_to("cohere-v2", "own"), head_of(404), R"({"id":"i","message":"no model"})")
            .remote() == "no model");
}
