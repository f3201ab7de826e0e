// Embeddings, images and audio in OpenAI's protocol, as each vendor takes them.
#include <doctest/doctest.h>

#include <any>

#include <weir/task/hub/audio_tasks.hpp>
#include <weir/task/hub/text_tasks.hpp>
#include <weir/task/hub/vision_tasks.hpp>

#include "provider/mapping.hpp"
#include "provider/offers.hpp"

using namespace weir;
using provider::task;

namespace {

const std::string png("\x89PNG\r\n\x1a\n", 8);
const std::string wav("RIFF\4\0\0\0WAVE", 12);

provider::route route_to(const char* vendor, task what, const char* model = "m", const char* url = "") {
  provider::target t;
  t.provider = vendor;
  t.key = secret("own-key");
  t.model = model;
  t.base_url = url;
  return provider::resolve(what, t);
}

http::request encoded(const char* vendor, const task_request& ask, const char* model = "m", const char* url = "") {
  return provider::encode_task(ask, route_to(vendor, ask.what(), model, url));
}

std::string url_of(const http::request& r) { return r.to.text() + r.target; }

provider::step answered(const task_request& ask, std::string body, std::any* result = nullptr, usage* used = nullptr) {
  provider::route to;
  to.provider = "custom";
  http::response_head head;
  head.status = 200;
  head.headers.set("content-type", "application/json");
  const auto job = provider::start_task(ask, to);
  auto next = job->on_answer(head, std::move(body));
  if (next.what == provider::step::kind::done && result)
    *result = job->take();
  if (used)
    *used = job->used();
  return next;
}

embeddings vectors(const task_request& ask, std::string body) {
  std::any result;
  const auto next = answered(ask, std::move(body), &result);
  INFO(next.why.describe());
  REQUIRE(next.what == provider::step::kind::done);
  return std::any_cast<embeddings>(result);
}

using sizes = std::vector<std::size_t>;
using numbers = std::vector<float>;

} // namespace

TEST_CASE("embeddings are requested in base64 if that is known to work") {
  const auto ask = feature_extraction("m").text("a").text("b").dimensions(8);
  const auto at = encoded("deepinfra", ask);
  CHECK(url_of(at) == "https://api.deepinfra.com/v1/openai/embeddings");
  CHECK(at.body == R"({"model":"m","input":["a","b"],"dimensions":8,"encoding_format":"base64"})");
  CHECK(encoded("openai", feature_extraction("m").text("a")).body ==
        R"({"model":"m","input":"a","encoding_format":"base64"})");
  CHECK(encoded("deepinfra", feature_extraction("m").text("a").encoding_format("float")).body ==
        R"({"model":"m","input":"a","encoding_format":"float"})");
  for (const char* vendor : {"scaleway", "together"})
    CHECK(encoded(vendor, feature_extraction("m").text("a")).body == R"({"model":"m","input":"a"})");
}

TEST_CASE("a server's tasks are below /v1, with and without a vendor's name") {
  const auto ask = feature_extraction("m").text("a");
  CHECK(url_of(encoded("", ask, "m", "http://127.0.0.1:1/v1")) == "http://127.0.0.1:1/v1/embeddings");
  CHECK(encoded("", ask, "m", "http://127.0.0.1:1/v1").body == R"({"model":"m","input":"a"})");
  CHECK(url_of(encoded("openai", ask, "m", "http://127.0.0.1:1/v1")) == "http://127.0.0.1:1/v1/embeddings");
  CHECK(url_of(encoded("openai", ask, "m", "http://127.0.0.1:1")) == "http://127.0.0.1:1/v1/embeddings");
  CHECK(url_of(encoded("", text_to_image("m").prompt("p"), "m", "http://127.0.0.1:1/v1/images/generations")) ==
        "http://127.0.0.1:1/v1/images/generations");
}

TEST_CASE("vectors are ordered by their index") {
  const auto two = feature_extraction().text("a").text("b");
  auto e = vectors(
      two,
      R"({"object":"list","data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[1,2]}],"usage":{"prompt_tokens":5,"total_tokens":5}})");
  CHECK(e.values == numbers{1, 2, 3, 4});
  CHECK(e.shape == sizes{2, 2});
  CHECK(e.usage.prompt_tokens == 5);
  CHECK(vectors(two, R"({"data":[{"embedding":[1]},{"embedding":[2]}]})").values == numbers{1, 2});
  CHECK(vectors(feature_extraction().text("a"), R"({"data":[{"index":0,"embedding":[1,2,3]}]})").shape == sizes{3});
  // Each in its own form: [1, -2] is AACAPwAAAMA= in base64.
  e = vectors(two, R"({"data":[{"index":1,"embedding":"AACAPwAAAMA="},{"index":0,"embedding":[5,6]}]})");
  CHECK(e.values == numbers{5, 6, 1, -2});
  usage used;
  answered(two, R"({"data":[{"embedding":[1]},{"embedding":[2]}],"usage":{"prompt_tokens":7}})", nullptr, &used);
  CHECK(used.prompt_tokens == 7);
}

TEST_CASE("a response that is not one vector per input is refused") {
  const auto two = feature_extraction().text("a").text("b");
  const std::pair<std::string, std::string> cases[] = {
      {"no data", R"({"object":"list"})"},
      {"1 vectors for 2 inputs", R"({"data":[{"embedding":[1]}]})"},
      {"an element without an embedding", R"({"data":[{"embedding":[1]},{}]})"},
      {"a repeated or out-of-range index", R"({"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[2]}]})"},
      {"a repeated or out-of-range index", R"({"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[2]}]})"},
      {"unequal length", R"({"data":[{"embedding":[1]},{"embedding":[2,3]}]})"},
      {"unequal length", R"({"data":[{"embedding":[]},{"embedding":[]}]})"},
      {"not base64 of floats", R"({"data":[{"embedding":"AAA"},{"embedding":"AAAA"}]})"},
      {"not an array of numbers", R"({"data":[{"embedding":["1"]},{"embedding":[2]}]})"},
      {"not JSON", R"({"data":[{"embedding":[1]},{"embedding":[2]}],})"},
      {"not JSON", R"({"data":[{"embedding":[1]})"},
  };
  for (const auto& [what, body] : cases) {
    const auto next = answered(two, body);
    CAPTURE(body);
    CHECK(next.what == provider::step::kind::failed);
    CHECK(next.why.code() == errc::unexpected_content);
    CHECK_MESSAGE(next.why.message().find(what) != std::string::npos, next.why.message());
  }
  CHECK(answered(two, R"({"error":{"message":"slow down","type":"rate_limit"}})").why.remote() == "slow down");
}

TEST_CASE("images are requested under each vendor's names") {
  const auto ask =
      text_to_image("m").prompt("p").width(64).height(32).num_inference_steps(4).seed(1).other("cfg_scale", 2);
  CHECK(encoded("nscale", ask).body ==
        R"({"model":"m","prompt":"p","seed":1,"size":"64x32","response_format":"b64_json"})");
  CHECK(
      encoded("together", ask).body ==
      R"({"model":"m","prompt":"p","width":64,"height":32,"seed":1,"cfg_scale":2,"steps":4,"response_format":"base64"})");
  CHECK(encoded("together", text_to_image("m").prompt("p").other("response_format", "url")).body ==
        R"({"model":"m","prompt":"p","response_format":"url"})");
  CHECK(encoded("openai", ask).body ==
        R"({"model":"m","prompt":"p","num_inference_steps":4,"seed":1,"cfg_scale":2,"size":"64x32"})");
  CHECK(encoded("openai", text_to_image("m").prompt("p").width(64)).body == R"({"model":"m","prompt":"p","width":64})");
}

TEST_CASE("together takes adapters, and images where the model expects them") {
  auto route = route_to("together", task::text_to_image);
  route.lora.emplace();
  route.lora->hub_model = "org/style";
  CHECK(provider::encode_task(text_to_image("m").prompt("p"), route)
            .body.find(R"("image_loras":[{"path":"https://huggingface.co/org/style","scale":1}])") !=
        std::string::npos);
  const auto ask = image_to_image("m").image(media(png)).prompt("blue").num_inference_steps(4);
  CHECK(
      encoded("together", ask).body ==
      R"({"model":"m","prompt":"blue","steps":4,"response_format":"base64","reference_images":["data:image/png;base64,iVBORw0KGgo="]})");
  CHECK(encoded("together", ask, "x/FLUX.1-Kontext-pro").body.find(R"("image_url":"data:image/png)") !=
        std::string::npos);
  CHECK(encoded("together", image_to_image("m").image(media::at("https://x.test/a.png")))
            .body.find(R"(["https://x.test/a.png"])") != std::string::npos);
}

TEST_CASE("speech is sent with its voice, or one that kokoro has if none is named") {
  CHECK(encoded("deepinfra", text_to_speech("m").text("hi").voice("v").temperature(0.5)).body ==
        R"({"model":"m","input":"hi","voice":"v","temperature":0.5})");
  CHECK(encoded("together", text_to_speech("m").text("hi"), "hexgrad/Kokoro-82M").body ==
        R"({"model":"hexgrad/Kokoro-82M","input":"hi","voice":"af_alloy"})");
  CHECK(encoded("together", text_to_speech("m").text("hi").voice("v"), "kokoro").body ==
        R"({"model":"kokoro","input":"hi","voice":"v"})");
  CHECK(encoded("together", text_to_speech("m").text("hi")).body == R"({"model":"m","input":"hi"})");
}

TEST_CASE("audio is sent in a form that ends with the model") {
  const auto ask = automatic_speech_recognition("m").audio(media(wav)).language("en").return_timestamps(true);
  const auto r = encoded("deepinfra", ask);
  const auto type = std::string(r.headers.get("content-type"));
  REQUIRE(type.starts_with("multipart/form-data; boundary=weir-form-"));
  const auto boundary = type.substr(type.find('=') + 1);
  const auto field = [&](const std::string& name, const std::string& value) {
    return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  };
  const auto file = "--" + boundary +
                    "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"audio.wav\"\r\n"
                    "Content-Type: audio/wav\r\n\r\n" +
                    wav + "\r\n";
  const auto end = "--" + boundary + "--\r\n";
  CHECK(r.body == file + field("language", "en") + field("return_timestamps", "true") + field("model", "m") + end);
  CHECK(encoded("deepinfra", ask).body == r.body);
  // OpenAI has another name for timestamps.
  CHECK(encoded("openai", ask).body ==
        file + field("language", "en") + field("response_format", "verbose_json") + field("model", "m") + end);
  const auto more = encoded("deepinfra", automatic_speech_recognition("m")
                                             .audio(media("?"))
                                             .generation_parameters(json_text("{\"a\":1}"))
                                             .other("tags[]", std::vector<std::string>{"x", "y"})
                                             .extra_body("note", "\"n\""));
  CHECK(more.body.find("filename=\"audio.wav\"\r\nContent-Type: application/octet-stream\r\n\r\n?") !=
        std::string::npos);
  CHECK(more.body.find("name=\"generation_parameters\"\r\n\r\n{\"a\":1}\r\n") != std::string::npos);
  CHECK(more.body.find("name=\"tags[]\"\r\n\r\nx\r\n") != std::string::npos);
  CHECK(more.body.find("name=\"tags[]\"\r\n\r\ny\r\n") != std::string::npos);
  CHECK(more.body.find("name=\"note\"\r\n\r\nn\r\n") != std::string::npos);
  CHECK(encoded("together", automatic_speech_recognition("m").audio(media::at("https://x.test/a.wav")))
            .body.find("name=\"file\"\r\n\r\nhttps://x.test/a.wav\r\n") != std::string::npos);
}

TEST_CASE("a boundary that the audio contains is not used") {
  const auto ask = automatic_speech_recognition("m").audio(media(wav)).language("x");
  const auto type = std::string(encoded("deepinfra", ask).headers.get("content-type"));
  const auto taken = type.substr(type.find('=') + 1);
  const auto other = encoded("deepinfra", automatic_speech_recognition("m").audio(media(wav)).language(taken));
  CHECK(other.headers.get("content-type") != type);
  CHECK(other.body.find(taken + "\r\n") != std::string::npos);
}

TEST_CASE("groq generates text through its chat route") {
  auto route = route_to("groq", task::text_generation);
  CHECK(route.to.text() + route.target == "https://api.groq.com/openai/v1/chat/completions");
  const auto ask = text_generation("m").prompt("Once").max_new_tokens(8).temperature(0.5).top_k(3).stop("x");
  CHECK(
      provider::encode_generation(ask, route, true).body ==
      R"({"model":"m","messages":[{"role":"user","content":"Once"}],"max_tokens":8,"stop":["x"],"temperature":0.5,"stream":true})");
  const auto g = provider::decode_generation(
      route,
      R"({"choices":[{"index":0,"message":{"role":"assistant","content":" a time"},"finish_reason":"length"}],"usage":{"completion_tokens":2}})");
  CHECK(g.text() == " a time");
  CHECK(g.outcome == outcome::length);
  CHECK(g.usage.completion_tokens == 2);
  const auto decoder = provider::generation_decoder(route);
  std::vector<event> events;
  codec::sse_event frame;
  frame.data = R"({"choices":[{"index":0,"delta":{"content":" a"},"finish_reason":null}]})";
  decoder->on_event(frame, events);
  REQUIRE(events.size() == 1);
  CHECK(events[0].text() == " a");
}

TEST_CASE("the Hub lists groq's models for chat, and they generate text if groq is requested by name") {
  const std::string body =
      R"({"id":"org/m","inferenceProviderMapping":{"groq":{"status":"live","providerId":"g","task":"conversational"}}})";
  CHECK(provider::parse_mapping(body, "groq", task::text_generation).model == "g");
  CHECK_THROWS_AS(provider::parse_mapping(body, "auto", task::text_generation), error);
}
