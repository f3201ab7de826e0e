// What a simulated endpoint serves besides its tasks, and how it validates TGI's parameters.
#include <doctest/doctest.h>

#include "sim/fixture.hpp"
#include "sim/responder.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;

namespace {

std::string text_at(const codec::json::value& v, std::string_view key) {
  return std::string(codec::string_at(v, key).value_or(""));
}

request made(std::string method, std::string path, std::string body = {}) {
  request r;
  r.method = std::move(method);
  r.path = std::move(path);
  r.body = std::move(body);
  return r;
}

class answering_sim {
public:
  explicit answering_sim(const char* fault = nullptr) : responder_(settings_with(fault)) {}
  plan ask(const request& r, duration later = {}) { return responder_.respond(r, start_ + later); }
  codec::json::value json(const request& r) {
    error_code ec;
    const auto p = ask(r);
    CHECK(p.status == 200);
    return codec::parse_json(p.body, ec);
  }

private:
  static settings settings_with(const char* fault) {
    settings s;
    if (fault)
      s.faults.push_back(parse_fault_rule(fault));
    return s;
  }
  responder responder_;
  std::chrono::system_clock::time_point start_{std::chrono::hours(500000)};
};

plan generate(std::string_view parameters, bool stream = false) {
  answering_sim sim;
  return sim.ask(made("POST", stream ? "/generate_stream" : "/generate",
                      R"({"inputs":"one two","parameters":)" + std::string(parameters) + "}"));
}

} // namespace

using namespace std::chrono_literals;

TEST_CASE("parameters that TGI refuses are refused with its messages") {
  const auto refused = [](std::string_view parameters, std::string_view words, bool stream = false) {
    CAPTURE(parameters);
    const auto p = generate(parameters, stream);
    CHECK(p.status == 422);
    CHECK(p.body.find(words) != std::string::npos);
    CHECK(p.body.find("\"error_type\":\"validation\"") != std::string::npos);
  };
  refused(R"({"best_of":9,"do_sample":true})", "`best_of` must be > 0 and <= 4. Given: 9");
  refused(R"({"best_of":2})", "you must use sampling");
  refused(R"({"best_of":2,"do_sample":true,"seed":1})", "`seed` must not be set");
  refused(R"({"best_of":2,"do_sample":true})", "`best_of` != 1 is not supported when streaming tokens", true);
  refused(R"({"decoder_input_details":true})", "not supported when streaming tokens", true);
  refused(R"({"temperature":0})", "`temperature` must be strictly positive");
  refused(R"({"top_p":1.0})", "`top_p` must be > 0.0 and < 1.0");
  refused(R"({"stop":["a","b","c","d","e"]})", "`stop` supports up to 4 stop sequences. Given: 5");
  refused(R"({"max_new_tokens":0})", "`max_new_tokens` must be strictly positive");
  refused(R"({"top_n_tokens":6})", "`top_n_tokens`");
  CHECK(generate(R"({"grammar":{"type":"nonsense","value":1}})").body.starts_with("Failed to deserialize"));
  CHECK(generate(R"({"top_p":0.9,"temperature":0.7,"top_n_tokens":5,"stop":["a"]})").status == 200);
}

TEST_CASE("details, top tokens, prefill and the sequences of best_of are reported") {
  error_code ec;
  const auto p = generate(
      R"({"details":true,"top_n_tokens":2,"decoder_input_details":true,"best_of":3,"do_sample":true,"max_new_tokens":4})");
  const auto body = codec::parse_json(p.body, ec);
  const auto& details = body.at("details");
  CHECK(details.at("tokens").as_array().size() == 4);
  CHECK(details.at("top_tokens").as_array().size() == 4);
  CHECK(details.at("top_tokens").at(0).as_array().size() == 2);
  CHECK(details.at("prefill").as_array().size() == 2);
  CHECK(details.at("prefill").at(0).at("logprob").is_null());
  const auto& others = details.at("best_of_sequences").as_array();
  REQUIRE(others.size() == 2);
  CHECK(others[0].at("generated_tokens") == 3);
  CHECK(text_at(others[1], "generated_text").size() < text_at(body, "generated_text").size());
}

TEST_CASE("a JSON grammar gives JSON") {
  error_code ec;
  const auto p = generate(R"({"grammar":{"type":"json","value":{"type":"object"}}})");
  const auto text = text_at(codec::parse_json(p.body, ec), "generated_text");
  const auto inner = codec::parse_json(text, ec);
  CHECK_FALSE(ec);
  CHECK(inner.is_object());
}

TEST_CASE("texts and chats are split into tokens that cover them") {
  answering_sim sim;
  const auto tokens = sim.json(made("POST", "/tokenize", R"({"inputs":"a bc"})"));
  REQUIRE(tokens.as_array().size() == 2);
  CHECK(tokens.at(1).at("start") == 1);
  CHECK(tokens.at(1).at("stop") == 4);
  const auto chat = sim.json(made("POST", "/chat_tokenize", R"({"messages":[{"role":"user","content":"hi"}]})"));
  CHECK(text_at(chat, "templated_text") == "<user> hi <assistant>");
  CHECK(chat.at("tokenize_response").as_array().size() == 3);
  CHECK(sim.ask(made("POST", "/chat_tokenize", "{}")).status == 422);
  CHECK(sim.ask(made("GET", "/metrics")).body.find("tgi_request_count ") != std::string::npos);
}

TEST_CASE("models are listed as the router and the Hub list them") {
  answering_sim sim;
  const auto all = sim.json(made("GET", "/v1/models"));
  CHECK(all.at("data").at(0).at("providers").at(0).at("pricing").at("output") == 0.8);
  CHECK(text_at(sim.json(made("GET", "/v1/models/weir/simulated")), "id") == "weir/simulated");
  CHECK(sim.ask(made("GET", "/v1/models/weir/other")).status == 404);
  CHECK(sim.json(made("GET", "/api/models")).as_array().size() == 2);
  CHECK(sim.ask(made("GET", "/api/whoami-v2")).status == 401);
}

TEST_CASE("an endpoint scaled to zero returns 503 while starting, can hold requests, and does not start by itself") {
  answering_sim sim("cold-start:10s");
  auto r = made("GET", "/health");
  CHECK(sim.ask(r, 1h).status == 503);
  CHECK(sim.ask(r, 1h + 9s).status == 503);
  r.headers.emplace_back("x-scale-up-timeout", "3");
  const auto given_up = sim.ask(r, 1h + 2s);
  CHECK(given_up.status == 503);
  CHECK(given_up.first == 3s);
  r.headers[0].second = "60";
  CHECK(sim.ask(made("GET", "/health"), 1h + 10s).status == 200);
  const auto held = sim.ask(
      [&r] {
        auto chat = made("POST", "/v1/chat/completions", std::string(hello));
        chat.headers = r.headers;
        return chat;
      }(),
      1h + 4s);
  CHECK(held.status == 200);
  CHECK(held.first == 6s);
}

TEST_CASE("an endpoint may be unhealthy or paused") {
  answering_sim sick("unhealthy");
  const auto p = sick.ask(made("GET", "/health"));
  CHECK(p.status == 503);
  CHECK(p.body.find("healthcheck") != std::string::npos);
  CHECK(sick.ask(made("GET", "/info")).status == 200);
  answering_sim paused("paused");
  CHECK(paused.ask(made("GET", "/info")).status == 400);
  CHECK(paused.ask(made("POST", "/generate", R"({"inputs":"x"})")).body == "Bad Request: Invalid state");
}
