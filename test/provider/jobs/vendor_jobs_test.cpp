// Jobs at WaveSpeed, Novita, Together and Z.ai.
#include "job_course.hpp"

using namespace job_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* wave_created =
    R"({"code":200,"message":"success","data":{"id":"w1","status":"created","urls":{"get":"https://api.wavespeed.ai/api/v3/predictions/w1/result"}}})";

course wave(const char* key = own_key) {
  return course(route_to("wavespeed", task_kind::text_to_video, "org/model", key), text_to_video("m").prompt("a cat"));
}

course novita() {
  return course(route_to("novita", task_kind::text_to_video, "wan-t2v", hub_key), text_to_video("m").prompt("a cat"));
}

course together() {
  return course(route_to("together", task_kind::text_to_video, "org/model", hub_key),
                text_to_video("m").prompt("a cat"));
}

course zai() {
  return course(route_to("zai-org", task_kind::text_to_image, "cogview", hub_key), text_to_image("m").prompt("a cat"));
}

} // namespace

TEST_CASE("z.ai: one side of an image sets both") {
  const auto body = [](text_to_image ask) {
    return provider::encode_task(std::move(ask).prompt("p"), route_to("zai-org", task_kind::text_to_image, "m")).body;
  };
  CHECK(body(text_to_image("m").width(512)) == R"({"model":"m","prompt":"p","size":"512x512"})");
  CHECK(body(text_to_image("m").height(256)) == R"({"model":"m","prompt":"p","size":"256x256"})");
  CHECK(body(text_to_image("m").width(2).height(1)) == R"({"model":"m","prompt":"p","size":"2x1"})");
}

TEST_CASE("wavespeed: a job goes through its states to all its outputs") {
  auto c = wave();
  CHECK(url_of(c.sent) == "https://api.wavespeed.ai/api/v3/org/model");
  auto s = c.again(200, wave_created);
  CHECK(s.wait == 500ms);
  CHECK(s.next.target == "/api/v3/predictions/w1/result");
  CHECK(s.now.at == progress::stage::queued);
  s = c.again(200, R"({"data":{"id":"w1","status":"processing"}})");
  CHECK(s.now.at == progress::stage::running);
  CHECK(s.next.target == "/api/v3/predictions/w1/result");
  s = c.again(200, R"({"data":{"id":"w1","status":"polishing"}})");
  CHECK(s.now.at == progress::stage::running);
  c.done(
      200,
      R"({"data":{"status":"completed","outputs":["https://cdn.example/1.mp4","https://cdn.example/2.mp4"],"error":""}})");
  CHECK(c.job->parts().size() == 2);
  CHECK(c.take<media_result>().items[1].url == "https://cdn.example/2.mp4");
}

TEST_CASE("wavespeed: a job is cancelled by deleting it, through the router if it was routed") {
  auto c = wave(hub_key);
  CHECK_FALSE(c.job->cancel());
  CHECK(url_of(c.again(200, wave_created).next) ==
        "https://router.huggingface.co/wavespeed/api/v3/predictions/w1/result");
  const auto cancel = c.job->cancel();
  REQUIRE(cancel);
  CHECK(cancel->method == "DELETE");
  CHECK(url_of(*cancel) == "https://router.huggingface.co/wavespeed/api/v3/predictions/w1");
}

TEST_CASE("wavespeed: a failed job gives its reason, and an error inside a 200 its message") {
  auto c = wave();
  c.again(200, wave_created);
  CHECK(c.failed(200, R"({"data":{"status":"failed","error":"nsfw"}})").remote() == "nsfw");
  CHECK_FALSE(c.job->cancel());
  CHECK(wave().failed(200, R"({"data":{"id":"w1","status":"created","error":"bad input"}})").remote() == "bad input");
  CHECK(wave().failed(200, R"({"code":401,"message":"no such key"})").remote() == "no such key");
}

TEST_CASE("wavespeed: an invalid id is refused before it is used") {
  CHECK(wave().failed(200, R"({"data":{"id":"../x","status":"created","urls":{"get":"https://h/a"}}})").code() ==
        errc::unexpected_content);
}

TEST_CASE("wavespeed: an editing model without an image gets one pixel that is a valid PNG") {
  course c(route_to("wavespeed", task_kind::image_text_to_image, "org/model"), image_text_to_image("m").prompt("red"));
  const auto body = parsed(c.sent.body);
  const auto pixel = provider::read_data_url(codec::string_at(body, "image").value());
  REQUIRE(pixel);
  CHECK(pixel->content_type == "image/png");
  CHECK(content_type_of(pixel->bytes) == "image/png");
  CHECK(pixel->bytes.ends_with(std::string_view("IEND\xae\x42\x60\x82", 8)));
  CHECK(codec::string_at(body, "prompt") == "red");
}

TEST_CASE("wavespeed: an adapter is identified by its name at the Hub") {
  auto to = route_to("wavespeed", task_kind::text_to_image, "org/model");
  to.lora.emplace();
  to.lora->hub_model = "org/adapter";
  CHECK(provider::encode_task(text_to_image("m").prompt("p"), to).body ==
        R"({"prompt":"p","loras":[{"path":"org/adapter","scale":1}]})");
}

TEST_CASE("novita: the route may return the video itself") {
  auto c = novita();
  CHECK(url_of(c.sent) == "https://router.huggingface.co/novita/v3/hf/wan-t2v");
  c.done(200, R"({"video":{"video_url":"https://cdn.example/a.mp4","video_type":"mp4"}})");
  CHECK(c.take<media_result>().first().url == "https://cdn.example/a.mp4");
}

TEST_CASE("novita: or a job that is polled by its id") {
  auto c = novita();
  auto s = c.again(200, R"({"task_id":"t 1"})");
  CHECK(url_of(s.next) == "https://router.huggingface.co/novita/v3/async/task-result?task_id=t%201");
  CHECK(s.now.at == progress::stage::submitted);
  s = c.again(200, R"({"task":{"task_id":"t 1","status":"TASK_STATUS_QUEUED","progress_percent":0}})");
  CHECK(s.now.at == progress::stage::queued);
  s = c.again(200, R"({"task":{"status":"TASK_STATUS_PROCESSING","progress_percent":40}})");
  CHECK(s.now.fraction == 0.4);
  CHECK(s.wait == 500ms);
  CHECK_FALSE(c.again(200, R"({"task":{"status":"TASK_STATUS_NEW","progress_percent":4e9}})").now.fraction);
  c.done(200, R"({"task":{"status":"TASK_STATUS_SUCCEED"},"videos":[{"video_url":"https://cdn.example/a.mp4"}]})");
  CHECK(c.take<media_result>().first().url == "https://cdn.example/a.mp4");
}

TEST_CASE("novita: a failed job gives its reason, and one without a state is unexpected content") {
  auto c = novita();
  c.again(200, R"({"task_id":"t1"})");
  CHECK(c.failed(200, R"({"task":{"status":"TASK_STATUS_FAILED","reason":"no GPU"}})").remote() == "no GPU");
  auto d = novita();
  d.again(200, R"({"task_id":"t1"})");
  CHECK(d.failed(200, R"({"videos":[]})").code() == errc::unexpected_content);
}

TEST_CASE("together: a video is polled below the route that accepted it") {
  auto c = together();
  CHECK(c.sent.body == R"({"model":"org/model","prompt":"a cat"})");
  auto s = c.again(200, R"({"id":"v1"})");
  CHECK(s.wait == 2s);
  CHECK(url_of(s.next) == "https://router.huggingface.co/together/v2/videos/v1");
  CHECK(s.now.at == progress::stage::queued);
  CHECK(c.again(200, R"({"id":"v1","status":"in_progress"})").now.at == progress::stage::running);
  CHECK(c.again(200, R"({"id":"v1"})").now.at == progress::stage::queued);
  c.done(200, R"({"id":"v1","status":"completed","outputs":{"video_url":"https://cdn.example/a.mp4","cost":1}})");
  CHECK(c.take<media_result>().first().url == "https://cdn.example/a.mp4");
}

TEST_CASE("together: a failed video gives its reason") {
  auto c = together();
  c.again(200, R"({"id":"v1","status":"queued"})");
  CHECK(c.failed(200, R"({"id":"v1","status":"failed","error":{"code":"x","message":"too long"}})").remote() ==
        "too long");
}

TEST_CASE("together: an image that is too large for a first frame is refused before anything is sent") {
  const auto to = route_to("together", task_kind::image_to_video, "org/model");
  const auto with = [&](media m) { return provider::encode_task(image_to_video("m").image(std::move(m)), to); };
  CHECK_NOTHROW(with(media(std::string(40'000, 'x'), "image/png")));
  CHECK_THROWS_WITH_AS(with(media(std::string(60'000, 'x'), "image/png")), doctest::Contains("60 KB"), error);
  CHECK(with(media::at("https://h/large.png")).body.find("https://h/large.png") != std::string::npos);
}

TEST_CASE("zai: an image is polled with the vendor's headers") {
  auto c = zai();
  CHECK(c.sent.headers.get("x-source-channel") == "hugging_face");
  auto s = c.again(200, R"({"id":"z1","request_id":"r","model":"cogview","task_status":"PROCESSING"})");
  CHECK(s.wait == 5s);
  CHECK(url_of(s.next) == "https://router.huggingface.co/zai-org/api/paas/v4/async-result/z1");
  CHECK(s.next.headers.get("x-source-channel") == "hugging_face");
  CHECK(s.next.headers.get("accept-language") == "en-US,en");
  c.again(200, R"({"id":"z1","task_status":"POLISHING"})");
  c.done(200, R"({"task_status":"SUCCESS","image_result":[{"url":"https://cdn.example/a.png"}]})");
  CHECK(c.take<media_result>().first().url == "https://cdn.example/a.png");
}

TEST_CASE("zai: success may be immediate, and failure has a reason or none") {
  auto c = zai();
  c.done(200, R"({"id":"z1","task_status":"SUCCESS","image_result":[{"url":"https://cdn.example/a.png"}]})");
  CHECK(zai().failed(200, R"({"id":"z1","task_status":"FAIL","error":{"message":"unsafe"}})").remote() == "unsafe");
  CHECK(zai().failed(200, R"({"id":"z1","task_status":"FAIL"})").remote() == "job status: FAIL");
  CHECK(zai().failed(200, R"({"error":{"code":"1113","message":"top up"}})").remote() == "top up");
  CHECK(zai().failed(200, R"({"id":"z1","task_status":"SUCCESS","image_result":[]})").code() ==
        errc::unexpected_content);
}

TEST_CASE("zai: the text in an image arrives in one response") {
  course c(route_to("zai-org", task_kind::image_to_text, "glm-ocr"),
           image_to_text("m").image(media("abc", "image/jpeg")));
  CHECK(c.sent.target == "/api/paas/v4/layout_parsing");
  CHECK(c.sent.body == R"({"model":"glm-ocr","file":"data:image/jpeg;base64,YWJj"})");
  c.done(200, R"({"md_results":"# Title"})");
  CHECK(c.take<text_result>().text() == "# Title");
}
