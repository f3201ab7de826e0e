// Replicate's jobs: predictions that are awaited, polled, cancelled or removed.
#include "job_course.hpp"

using namespace job_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* starting =
    R"({"id":"p1","status":"starting","output":null,"error":null,"logs":"","urls":{
        "get":"https://api.replicate.com/v1/predictions/p1","cancel":"https://api.replicate.com/v1/predictions/p1/cancel",
        "stream":"https://stream.replicate.com/v1/files/x"}})";

course video(const char* key = own_key) {
  return course(route_to("replicate", task_kind::text_to_video, "owner/name", key), text_to_video("m").prompt("a cat"));
}

transcription heard(std::string body) {
  course c(route_to("replicate", task_kind::automatic_speech_recognition, "owner/name"),
           automatic_speech_recognition("m").audio(media("abc", "audio/wav")));
  c.done(201, std::move(body));
  return c.take<transcription>();
}

} // namespace

TEST_CASE("replicate: the response to a waiting request is the result, though its state lags behind") {
  auto c = video();
  CHECK(url_of(c.sent) == "https://api.replicate.com/v1/models/owner/name/predictions");
  CHECK(c.sent.headers.get("prefer") == "wait");
  c.done(201, R"({"id":"p1","status":"processing","output":["https://replicate.delivery/a.mp4"],"error":null})");
  CHECK(c.take<media_result>().first().url == "https://replicate.delivery/a.mp4");
}

TEST_CASE("replicate: a prediction that takes longer than the wait is polled") {
  auto c = video();
  auto s = c.again(202, starting);
  CHECK(s.wait == 1s);
  CHECK(url_of(s.next) == "https://api.replicate.com/v1/predictions/p1");
  CHECK(s.now.at == progress::stage::queued);
  CHECK(s.now.job == "p1");
  s = c.again(200,
              R"({"id":"p1","status":"processing","output":["https://replicate.delivery/part.mp4"],"logs":"10%"})");
  CHECK(s.now.at == progress::stage::running);
  CHECK(s.now.log == "10%");
  s = c.again(200, R"({"id":"p1","status":"processing","output":null,"logs":"10%\n20%"})");
  CHECK(s.now.log == " 20%");
  c.done(200, R"({"id":"p1","status":"succeeded","output":"https://replicate.delivery/a.mp4"})");
  CHECK(c.take<media_result>().first().url == "https://replicate.delivery/a.mp4");
}

TEST_CASE("replicate: a routed prediction is polled and cancelled through the router") {
  auto c = video(hub_key);
  const auto s = c.again(202, starting);
  CHECK(url_of(s.next) == "https://router.huggingface.co/replicate/v1/predictions/p1");
  const auto cancel = c.job->cancel();
  REQUIRE(cancel);
  CHECK(cancel->method == "POST");
  CHECK(url_of(*cancel) == "https://router.huggingface.co/replicate/v1/predictions/p1/cancel");
}

TEST_CASE("replicate: a prediction without URLs is found by its id") {
  auto c = video();
  CHECK(c.again(202, R"({"id":"p/1","status":"starting","urls":{"get":"https://x/v1/predictions/p1"}})").next.target ==
        "/v1/predictions/p1");
  CHECK(c.job->cancel()->target == "/v1/predictions/p1/cancel");
  auto d = video();
  CHECK(d.again(202, R"({"id":"p1","status":"starting"})").next.target == "/v1/predictions/p1");
}

TEST_CASE("replicate: a version goes into the body, and to a path of its own") {
  course c(route_to("replicate", task_kind::text_to_image, "owner/name:abc:d"), text_to_image("m").prompt("p"));
  CHECK(c.sent.target == "/v1/predictions");
  CHECK(c.sent.body == R"({"input":{"prompt":"p"},"version":"abc:d"})");
}

TEST_CASE("replicate: a prediction that failed or was cancelled says so, and is not cancelled again") {
  for (const auto* status : {"failed", "canceled", "aborted"}) {
    auto c = video();
    c.again(202, starting);
    CHECK(c.job->cancel());
    const auto why =
        c.failed(200, std::string(R"({"id":"p1","error":"CUDA out of memory","status":")") + status + "\"}");
    CHECK(why.code() == errc::in_band_error);
    CHECK(why.remote() == "CUDA out of memory");
    CHECK_FALSE(c.job->cancel());
  }
  auto d = video();
  d.again(202, starting);
  CHECK(d.failed(200, R"({"status":"canceled","error":null})").remote() == "job status: canceled");
}

TEST_CASE("replicate: a removed result is reported as such") {
  auto c = video();
  c.again(202, starting);
  const auto why = c.failed(200, R"({"status":"succeeded","output":null,"data_removed":true})");
  CHECK(why.code() == errc::unexpected_content);
  CHECK(why.message().find("removed") != std::string::npos);
}

TEST_CASE("replicate: an unknown state counts as running, and partial output is not a result") {
  auto early = video();
  early.again(202, R"({"id":"p1","status":"processing","output":["https://replicate.delivery/part.mp4"]})");
  auto c = video();
  c.again(202, starting);
  CHECK(c.again(200, R"({"status":"warming","output":["https://replicate.delivery/a.png"]})").now.at ==
        progress::stage::running);
}

TEST_CASE("replicate: a transcription is a string, parts of one, or an object in which text takes precedence") {
  CHECK(heard(R"({"status":"succeeded","output":"a"})").text == "a");
  CHECK(heard(R"({"status":"succeeded","output":["a"," b"]})").text == "a b");
  const auto t = heard(
      R"({"status":"succeeded","output":{"txt_file":"https://replicate.delivery/t.txt","translation":"t","transcription":"a b","segments":[{"start":0,"end":1,"text":"a b"}]}})");
  CHECK(t.text == "a b");
  CHECK(t.chunks.size() == 1);
  CHECK(heard(R"({"status":"succeeded","output":{"translation":"t","txt_file":"https://x/t"}})").text == "t");
}

TEST_CASE("replicate: a transcription that is only a file is downloaded") {
  course c(route_to("replicate", task_kind::automatic_speech_recognition, "owner/name"),
           automatic_speech_recognition("m").audio(media("abc", "audio/wav")));
  c.done(201,
         R"({"status":"succeeded","output":{"transcription":null,"txt_file":"https://replicate.delivery/t.txt"}})");
  const auto parts = c.job->parts();
  REQUIRE(parts.size() == 1);
  CHECK(parts[0]->url == "https://replicate.delivery/t.txt");
  parts[0]->bytes = "from the file \xff";
  CHECK(c.take<transcription>().text == "from the file \xEF\xBF\xBD");
}

TEST_CASE("replicate: an image is sent under each of the names that models read") {
  course c(route_to("replicate", task_kind::image_to_image, "owner/name"),
           image_to_image("m").image(media::at("https://h/a.png")).prompt("red"));
  CHECK(c.sent.body ==
        R"({"input":{"image":"https://h/a.png","images":["https://h/a.png"],"input_image":"https://h/a.png",)"
        R"("input_images":["https://h/a.png"],"prompt":"red"}})");
}
