// What polled jobs share: URLs and ids from the provider, and files in results.
#include "job_course.hpp"

using namespace job_test;

namespace {

const provider::route& routed() {
  static const auto r = route_to("wavespeed", task_kind::text_to_image, "org/model", hub_key);
  return r;
}

errc refusal(std::string_view url) {
  try {
    provider::path_at_origin(routed(), url);
  } catch (const error& e) {
    return static_cast<errc>(e.code().value());
  }
  return errc{};
}

} // namespace

TEST_CASE("a poll goes to the origin that was called, below its prefix, whatever host the provider names") {
  CHECK(provider::path_at_origin(routed(), "https://api.wavespeed.ai/api/v3/predictions/x/result") ==
        "/wavespeed/api/v3/predictions/x/result");
  CHECK(provider::path_at_origin(routed(), "https://evil.example/steal/1") == "/wavespeed/steal/1");
  CHECK(provider::path_at_origin(routed(), "https://router.huggingface.co/other/1") == "/wavespeed/other/1");
}

TEST_CASE("a server that names its own prefix does not get it twice") {
  CHECK(provider::path_at_origin(routed(), "https://router.huggingface.co/wavespeed/a/1") == "/wavespeed/a/1");
}

TEST_CASE("the query of a URL that the provider names is dropped") {
  CHECK(provider::path_at_origin(routed(), "https://api.wavespeed.ai/a/1?then=/b") == "/wavespeed/a/1");
}

TEST_CASE("a URL that leads elsewhere is refused") {
  for (const auto* url :
       {"", "/a/b", "ftp://h/a", "https://h", "https://h/", "https://h/a/../b", "https://h/..", "https://h/a/./b",
        "https://h//a", "https://h/a//b", "https://h/a/", "https://h/%2e%2e/b", "https://h/a%2Fb", "https://h/a%5cb",
        "https://user:pw@h/a", "https://h/a#b", "https://h/a b", "https://h/a\r\nx: y", "javascript:alert(1)"}) {
    CAPTURE(url);
    CHECK(refusal(url) == errc::unexpected_content);
  }
  CHECK(refusal("https://h/" + std::string(3000, 'a')) == errc::unexpected_content);
}

TEST_CASE("an id stays one segment of a path") {
  CHECK(provider::path_of_id("a-1_2.3~x") == "a-1_2.3~x");
  CHECK(provider::path_of_id("a b?c&d=%") == "a%20b%3Fc%26d%3D%25");
  for (const auto& id : {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("../x"),
                         std::string(513, 'a')}) {
    CAPTURE(id);
    CHECK_THROWS_AS(provider::path_of_id(id), error);
  }
  CHECK(provider::path_of_id(std::string(512, 'a')).size() == 512);
}

TEST_CASE("what a provider says about a job is safe for a terminal") {
  const auto now = provider::report(progress::stage::running, "id\x1b[2J", "st\nate" + std::string(100, 'x'));
  CHECK(now.job == "id [2J");
  CHECK(now.status.size() < 70);
  CHECK(now.status.starts_with("st ate"));
}

TEST_CASE("a file is read from a string or an object") {
  const auto text = parsed(R"("https://cdn.example/a.png")"),
             object = parsed(R"({"url":"https://cdn.example/b.png","content_type":"image/png"})"),
             data = parsed(R"({"url":"data:image/png;base64,AQID"})");
  CHECK(provider::file_in(&text, "a file").url == "https://cdn.example/a.png");
  CHECK(provider::file_in(&object, "a file").content_type == "image/png");
  CHECK(provider::file_in(&data, "a file").bytes == "\x01\x02\x03");
  for (const auto* wrong :
       {"null", "1", "{}", R"({"url":5})", R"("file:///etc/passwd")", R"({"url":"data:,"})", R"("")"}) {
    CAPTURE(wrong);
    const auto v = parsed(wrong);
    CHECK_THROWS_AS(provider::file_in(&v, "a file"), error);
  }
  CHECK_THROWS_AS(provider::file_in(nullptr, "a file"), error);
}

TEST_CASE("no response, however broken, ends a job except with a failure that says so") {
  const char* vendors[] = {"fal-ai", "replicate", "wavespeed", "novita", "together"};
  for (const auto* vendor : vendors)
    for (const auto* body : {"",
                             "null",
                             "[]",
                             "{}",
                             "1",
                             "\"x\"",
                             "{",
                             R"({"id":5})",
                             R"({"request_id":"x"})",
                             R"({"status":"IN_QUEUE"})",
                             R"({"id":"../../x","status":"starting"})",
                             R"({"id":"","urls":{"get":7}})",
                             R"({"task_id":"a/b"})",
                             R"({"data":{"id":"x","status":"created"}})",
                             R"({"data":{"status":"completed","outputs":[]}})",
                             R"({"response_url":"https://h/a/../../b"})",
                             R"({"urls":{"get":"https://h/../x"}})",
                             R"({"video":{}})",
                             R"({"status":"succeeded"})",
                             R"({"status":"completed"})",
                             "\xff\xfe"}) {
      CAPTURE(vendor);
      CAPTURE(body);
      course c(route_to(vendor, task_kind::text_to_video, "org/model"), text_to_video("org/model").prompt("a cat"));
      const auto why = c.failed(200, body);
      CHECK(why.code() == errc::unexpected_content);
      CHECK_FALSE(c.job->cancel());
    }
}

TEST_CASE("a key that a job's error quotes is redacted") {
  course c(route_to("replicate", task_kind::text_to_video, "org/model"), text_to_video("org/model").prompt("a cat"));
  const auto why = c.failed(201, R"({"id":"x","status":"failed","error":"bad key vendor-secret"})");
  CHECK(why.describe().find("vendor-secret") == std::string::npos);
}
