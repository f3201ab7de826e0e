// Bytes in bodies, and the paths that take their place.
#include "batch/output/body_bytes.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/results.hpp>

#include "batch/output/answer_json.hpp"
#include "batch/output/answer_view.hpp"

using namespace weir;

namespace {

media picture(const std::string& bytes, const std::string& type = "image/png") {
  media m;
  m.content_type = type;
  m.bytes = bytes;
  return m;
}

class kept {
public:
  std::vector<media> all;
  bool operator()(std::string& body) {
    return replace_bytes(body, [this](media& m) {
      all.push_back(m);
      return "made/" + std::to_string(all.size());
    });
  }
};

std::vector<std::string> places_of(const std::string& body) { return answer_view(body).places(); }

} // namespace

TEST_CASE("each medium of a task's result is given, and its path stands where the bytes were") {
  media_result many;
  many.items = {picture("one"), picture(""), picture(std::string("\0\xff", 2), "video/mp4")};
  many.items[1].url = "https://example.org/2";
  many.items[2].url = "https://example.org/3";
  segmentation parts;
  parts.segments.resize(1);
  parts.segments[0].mask = picture("mask");
  audio_tracks sounds;
  sounds.tracks.resize(1);
  sounds.tracks[0].sound = picture("sound", "audio/wav");
  kept k;
  auto body = answer_body(std::any(many), {});
  CHECK(k(body));
  CHECK(places_of(body) == std::vector<std::string>{"made/1", "https://example.org/2", "made/2"});
  REQUIRE(k.all.size() == 2);
  CHECK(k.all[1].bytes == std::string("\0\xff", 2));
  CHECK(k.all[1].content_type == "video/mp4");
  CHECK(body.find("\"bytes\"") == std::string::npos);
  CHECK_FALSE(k(body)); // once
  for (auto other : {answer_body(std::any(parts), {}), answer_body(std::any(sounds), {})}) {
    CHECK(k(other));
    CHECK(places_of(other) == std::vector<std::string>{"made/" + std::to_string(k.all.size())});
  }
  CHECK(k.all.back().bytes == "sound");
}

TEST_CASE("images and sound of a chat's answer are given") {
  completion c;
  c.choices.resize(1);
  c.choices[0].text = "here";
  c.choices[0].media = {picture("one"), picture("two", "image/webp"), picture("sound", "audio/wav")};
  kept k;
  auto body = answer_body(c, {});
  CHECK(k(body));
  REQUIRE(k.all.size() == 3);
  CHECK(k.all[1].content_type == "image/webp");
  CHECK(k.all[2].bytes == "sound");
  CHECK(places_of(body) == std::vector<std::string>{"made/1", "made/2", "made/3"});
  CHECK(answer_view(body).text() == "here");
}

TEST_CASE("a body without bytes, or that only speaks of them, stays as it is to the letter") {
  kept k;
  for (const std::string same : {"", "{}", "no JSON; base64", R"({"items":[{"base64":"not base64!"}], "n":1.50})",
                                 R"({"choices":[{"message":{"content":"data:;base64,YQ=="}}]})"}) {
    auto body = same;
    CHECK_FALSE(k(body));
    CHECK(body == same);
  }
}

TEST_CASE("a body stays as it was where a medium cannot be kept") {
  media_result many;
  many.items = {picture("one"), picture("two")};
  const auto before = answer_body(std::any(many), {});
  auto body = before;
  CHECK_THROWS_AS(replace_bytes(body,
                                [](media& m) -> std::string {
                                  if (m.bytes == "two")
                                    throw error(errc::not_saved, "full");
                                  return "made/1";
                                }),
                  error);
  CHECK(body == before);
}
