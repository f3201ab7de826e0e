// fal's jobs: submission, polls, cancellation and results, directly and through the router.
#include "job_course.hpp"

using namespace job_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* submitted =
    R"({"status":"IN_QUEUE","request_id":"r1","queue_position":3,
        "response_url":"https://queue.fal.run/fal-ai/flux/requests/r1",
        "status_url":"https://evil.example/s","cancel_url":"https://evil.example/c"})";

course video(const char* key = own_key, const char* base_url = "") {
  return course(route_to("fal-ai", task_kind::text_to_video, "fal-ai/flux/dev", key, base_url),
                text_to_video("fal-ai/flux/dev").prompt("a cat"));
}

} // namespace

TEST_CASE("fal: a job goes from the queue through its states to its result") {
  auto c = video();
  CHECK(url_of(c.sent) == "https://queue.fal.run/fal-ai/flux/dev");
  CHECK(c.sent.auth->scheme == "Key");
  auto s = c.again(200, submitted);
  CHECK(s.wait == 500ms);
  CHECK(s.next.target == "/fal-ai/flux/requests/r1/status");
  CHECK(s.now.at == progress::stage::queued);
  CHECK(s.now.job == "r1");
  CHECK(s.now.position == 3u);
  CHECK_FALSE(s.result);

  s = c.again(200, R"({"status":"IN_PROGRESS","logs":[{"message":"one"},{"message":"two"}]})");
  CHECK(s.now.at == progress::stage::running);
  CHECK(s.now.log == "one\ntwo");
  s = c.again(200, R"({"status":"IN_PROGRESS","logs":[{"message":"one"},{"message":"two"},{"message":"three"}]})");
  CHECK(s.now.log == "three");
  CHECK(s.wait == 500ms);

  s = c.again(200, R"({"status":"COMPLETED"})");
  CHECK(s.wait == 0s);
  CHECK(s.result);
  CHECK(s.next.target == "/fal-ai/flux/requests/r1");
  CHECK(s.now.at == progress::stage::downloading);

  c.done(200, R"({"video":{"url":"https://v3.fal.media/files/a.mp4","content_type":"video/mp4"}})");
  REQUIRE(c.job->parts().size() == 1);
  CHECK(c.job->parts()[0]->url == "https://v3.fal.media/files/a.mp4");
  CHECK(c.take<media_result>().first().content_type == "video/mp4");
}

TEST_CASE("fal: a routed job is submitted, polled and cancelled through the router") {
  auto c = video(hub_key);
  CHECK(url_of(c.sent) == "https://router.huggingface.co/fal-ai/fal-ai/flux/dev?_subdomain=queue");
  CHECK(c.sent.auth->scheme == "Bearer");
  auto s = c.again(200, submitted);
  CHECK(url_of(s.next) == "https://router.huggingface.co/fal-ai/fal-ai/flux/requests/r1/status?_subdomain=queue");
  const auto cancel = c.job->cancel();
  REQUIRE(cancel);
  CHECK(cancel->method == "PUT");
  CHECK(url_of(*cancel) == "https://router.huggingface.co/fal-ai/fal-ai/flux/requests/r1/cancel?_subdomain=queue");
  CHECK(cancel->auth->key.reveal() == hub_key);
  s = c.again(200, R"({"status":"COMPLETED"})");
  CHECK(url_of(s.next) == "https://router.huggingface.co/fal-ai/fal-ai/flux/requests/r1?_subdomain=queue");
}

TEST_CASE("fal: below a base URL the queue is named in the query, and the URL's own query is kept") {
  auto c = video(own_key, "http://127.0.0.1:9/fal-ai?v=2");
  CHECK(url_of(c.sent) == "http://127.0.0.1:9/fal-ai/fal-ai/flux/dev?v=2&_subdomain=queue");
  CHECK(c.again(200, submitted).next.target == "/fal-ai/fal-ai/flux/requests/r1/status?v=2&_subdomain=queue");
}

TEST_CASE("fal: a job can be cancelled from its submission until it is complete") {
  auto c = video();
  CHECK_FALSE(c.job->cancel());
  c.again(200, submitted);
  CHECK(c.job->cancel());
  c.again(200, R"({"status":"COMPLETED"})");
  CHECK_FALSE(c.job->cancel());
}

TEST_CASE("fal: a job in an unknown state counts as running") {
  auto c = video();
  c.again(200, submitted);
  const auto s = c.again(200, R"({"status":"IN_REVIEW"})");
  CHECK(s.now.at == progress::stage::running);
  CHECK(s.now.status == "IN_REVIEW");
}

TEST_CASE("fal: a completed job that names an error has failed") {
  auto c = video();
  c.again(200, submitted);
  const auto why = c.failed(200, R"({"status":"COMPLETED","error":"out of memory"})");
  CHECK(why.code() == errc::in_band_error);
  CHECK(why.remote() == "out of memory");
}

TEST_CASE("fal: an error instead of a result is a failure") {
  auto c = video();
  c.again(200, submitted);
  c.again(200, R"({"status":"COMPLETED"})");
  CHECK(c.failed(200, R"({"error":{"message":"no frames"}})").remote() == "no frames");
}

TEST_CASE("fal: a response without a state, or a result without a file, is unexpected content") {
  auto c = video();
  c.again(200, submitted);
  CHECK(c.failed(200, "{}").code() == errc::unexpected_content);
  auto d = video();
  d.again(200, submitted);
  d.again(200, R"({"status":"COMPLETED"})");
  CHECK(d.failed(200, R"({"video":{"url":"javascript:1"}})").code() == errc::unexpected_content);
}

TEST_CASE("fal: quick tasks have their result in the first response") {
  course image(route_to("fal-ai", task_kind::text_to_image, "fal-ai/flux/dev"), text_to_image("m").prompt("a cat"));
  CHECK(url_of(image.sent) == "https://fal.run/fal-ai/flux/dev");
  image.done(
      200,
      R"({"images":[{"url":"https://fal.media/a.png","content_type":"image/png"},{"url":"data:image/png;base64,AQID"}]})");
  const auto result = image.take<media_result>();
  REQUIRE(result.items.size() == 2);
  CHECK(result.items[0].url == "https://fal.media/a.png");
  CHECK(result.items[1].bytes == "\x01\x02\x03");

  course speech(route_to("fal-ai", task_kind::text_to_speech, "fal-ai/tts"), text_to_speech("m").text("hello"));
  speech.done(200, R"({"audio":{"url":"https://fal.media/a.mp3"}})");
  CHECK(speech.take<media_result>().first().url == "https://fal.media/a.mp3");
}

TEST_CASE("fal: a transcription has its text under either name, and its segments in either form") {
  const auto read = [](std::string body) {
    course c(route_to("fal-ai", task_kind::automatic_speech_recognition, "fal-ai/whisper"),
             automatic_speech_recognition("m").audio(media("RIFF....WAVE")));
    c.done(200, std::move(body));
    CHECK(c.job->parts().empty());
    return c.take<transcription>();
  };
  auto t = read(
      R"({"text":"a b","chunks":[{"timestamp":[0.5,2],"text":"a","speaker":null},{"timestamp":[2,null],"text":"b"}]})");
  CHECK(t.text == "a b");
  REQUIRE(t.chunks.size() == 2);
  CHECK(t.chunks[0].start == 0.5);
  CHECK(t.chunks[0].end == 2.0);
  CHECK_FALSE(t.chunks[1].end);
  t = read(R"({"output":"c","segments":[{"start":0,"end":1.5,"text":"c"}]})");
  CHECK(t.text == "c");
  REQUIRE(t.chunks.size() == 1);
  CHECK(t.chunks[0].end == 1.5);
}

TEST_CASE("fal: audio is labelled with the types that fal decodes") {
  const auto label = [](media m) {
    course c(route_to("fal-ai", task_kind::automatic_speech_recognition, "fal-ai/whisper"),
             automatic_speech_recognition("m").audio(std::move(m)));
    const auto body = parsed(c.sent.body);
    return std::string(codec::string_at(body, "audio_url").value());
  };
  CHECK(label(media("abc", "audio/wav")) == "data:audio/x-wav;base64,YWJj");
  CHECK(label(media("abc", "audio/webm;codecs=opus")) == "data:video/webm;base64,YWJj");
  CHECK(label(media("abc", "audio/mpeg")) == "data:audio/mpeg;base64,YWJj");
  CHECK(label(media("abc", "audio/flac")) == "data:audio/mpeg;base64,YWJj");
  CHECK(label(media("abc")) == "data:audio/mpeg;base64,YWJj");
  CHECK(label(media::at("data:audio/wav;base64,YWJj")) == "data:audio/x-wav;base64,YWJj");
  CHECK(label(media::at("https://h/a.wav")) == "https://h/a.wav");
}

TEST_CASE("fal: the tasks that only the JavaScript client has") {
  const auto body = [](const course& c) { return c.sent.body; };
  course sound(route_to("fal-ai", task_kind::text_to_audio, "fal-ai/yue"), text_to_audio("m").prompt("rain"));
  CHECK(url_of(sound.sent) == "https://queue.fal.run/fal-ai/yue");
  CHECK(body(sound) == R"({"prompt":"rain"})");
  sound.again(200, submitted);
  sound.again(200, R"({"status":"COMPLETED"})");
  sound.done(200, R"({"audio_file":{"url":"https://fal.media/a.wav"}})");
  CHECK(sound.take<media_result>().first().url == "https://fal.media/a.wav");

  course clean(route_to("fal-ai", task_kind::audio_to_audio, "fal-ai/clean"),
               audio_to_audio("m").audio(media("abc", "audio/wav")));
  CHECK(body(clean) == R"({"audio_url":"data:audio/x-wav;base64,YWJj"})");
  clean.again(200, submitted);
  clean.again(200, R"({"status":"COMPLETED"})");
  clean.done(200, R"({"audio":{"url":"https://fal.media/b.wav"}})");
  REQUIRE(clean.job->parts().size() == 1);
  const auto tracks = clean.take<audio_tracks>();
  CHECK(tracks.tracks.at(0).label == "speech");
  CHECK(tracks.tracks.at(0).sound.url == "https://fal.media/b.wav");

  course edit(route_to("fal-ai", task_kind::image_text_to_image, "fal-ai/flux-2/edit"),
              image_text_to_image("m")
                  .image(media::at("https://h/a.png"))
                  .image(media::at("https://h/b.png"))
                  .prompt("red")
                  .target_size(64, 32));
  CHECK(url_of(edit.sent) == "https://queue.fal.run/fal-ai/flux-2/edit");
  CHECK(body(edit) == R"({"image_url":"https://h/a.png","image_urls":["https://h/a.png","https://h/b.png"],)"
                      R"("prompt":"red","image_size":{"width":64,"height":32}})");

  course move(route_to("fal-ai", task_kind::image_text_to_video, "fal-ai/wan/i2v"),
              image_text_to_video("m").image(media::at("https://h/a.png")).prompt("run"));
  CHECK(body(move) == R"({"image_url":"https://h/a.png","prompt":"run"})");
}

TEST_CASE("fal: an editing model without an image means its base model, in direct calls") {
  const auto target = [](const char* model, const char* key) {
    return course(route_to("fal-ai", task_kind::image_text_to_image, model, key),
                  image_text_to_image("m").prompt("red"))
        .sent.target;
  };
  CHECK(target("fal-ai/flux-2/edit", own_key) == "/fal-ai/flux-2");
  CHECK(target("fal-ai/flux-2", own_key) == "/fal-ai/flux-2");
  CHECK(target("fal-ai/flux-2/edit", hub_key) == "/fal-ai/fal-ai/flux-2/edit?_subdomain=queue");
}

TEST_CASE("fal: a mask may be inline") {
  course c(route_to("fal-ai", task_kind::image_segmentation, "fal-ai/seg"),
           image_segmentation("m").image(media("\x89PNG\r\n\x1a\n")));
  c.again(200, submitted);
  c.again(200, R"({"status":"COMPLETED"})");
  c.done(200, R"({"image":{"url":"data:image/png;base64,AQID"}})");
  const auto r = c.take<segmentation>();
  REQUIRE(r.segments.size() == 1);
  CHECK(r.segments[0].label == "mask");
  CHECK(r.segments[0].mask.bytes == "\x01\x02\x03");
}

TEST_CASE("fal: an adapter whose weights file the Hub does not name is refused, not left out") {
  auto to = route_to("fal-ai", task_kind::text_to_image, "fal-ai/lora");
  to.lora.emplace();
  to.lora->hub_model = "org/adapter";
  CHECK_THROWS_WITH_AS(provider::encode_task(text_to_image("m").prompt("p"), to), doctest::Contains("weights"), error);
}
