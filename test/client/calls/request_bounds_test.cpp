// What requests say of what they may use.
#include <doctest/doctest.h>

#include <limits>

#include <weir/weir.hpp>

#include "client/call/request_bounds.hpp"
#include "client/call/token_counts.hpp"

using namespace weir;
using enum usage_unit;

namespace {

std::uint64_t most(const request_estimate& e, usage_unit u) { return e.bound.most[u].value_or(0); }

chat with(content_part p, std::string model = "m") {
  return chat(std::move(model)).add(message("user").part(std::move(p))).max_tokens(7);
}

// A WAV file's header, for so many bytes a second.
std::string wav(std::size_t size, std::uint32_t rate) {
  std::string bytes = "RIFF----WAVEfmt ";
  bytes.resize(std::max<std::size_t>(size, 44), '\0');
  for (std::size_t i = 0; i < 4; ++i)
    bytes[28 + i] = static_cast<char>(rate >> (8 * i));
  return bytes;
}

} // namespace

TEST_CASE("text counts a token for three bytes, for limits and for budgets") {
  const auto e = estimate_of(chat("m").user(std::string(300, 'x')).max_tokens(7));
  CHECK(e.likely.prompt == 105);
  CHECK(most(e, input_text) == 105);
  CHECK(e.likely.completion == 7);
  CHECK(most(e, output_text) == 7);
  CHECK(most(estimate_of(chat("m").user("x").max_tokens(7).n(3)), output_text) == 21);
}

TEST_CASE("an image counts at most what the model's provider makes of the largest") {
  const auto image = content_part::image_url("https://host.test/i.png");
  CHECK(most(estimate_of(with(image, "claude-opus-5-5")), input_image) == 5000);
  CHECK(most(estimate_of(with(image, "gpt-4o-mini")), input_image) == 48'169);
  CHECK(most(estimate_of(with(image)), input_image) == 16'384);
  CHECK(estimate_of(with(image)).likely.prompt < 1100);
}

TEST_CASE("sound counts at most by its bytes at the lowest rate, or by the rate in the header of a WAV file") {
  const auto mp3 = content_part::attachment(media(std::string(750'000, 'x'), "audio/mpeg"));
  const auto e = estimate_of(with(mp3));
  CHECK(most(e, input_audio) >= 32'000);
  CHECK(most(e, input_audio) < 32'100);
  CHECK(e.likely.prompt < 1600);
  const auto sound = content_part::attachment(media(wav(320'000, 32'000), "audio/wav"));
  CHECK(most(estimate_of(with(sound)), input_audio) == doctest::Approx(320).epsilon(0.02));
  CHECK(most_milliseconds(0, {}) == 1);
  CHECK(most_milliseconds(32'000, wav(44, 0)) == 32'000 * 1000 / 750 + 1);
}

TEST_CASE("a document counts by its bytes, and nothing counts more than a context has") {
  const auto pdf = [](std::size_t n) {
    return content_part::attachment(media(std::string(n, 'x'), "application/pdf"));
  };
  CHECK(most(estimate_of(with(pdf(30'000))), input_text) == doctest::Approx(37'804).epsilon(0.001));
  CHECK(estimate_of(with(pdf(30'000))).likely.prompt < 5000);
  CHECK(most(estimate_of(with(pdf(9'000'000))), input_text) == 2'000'004);
  const auto text = content_part::attachment(media(std::string(3000, 'x'), "text/plain"));
  CHECK(most(estimate_of(with(text)), input_text) == doctest::Approx(1005).epsilon(0.01));
}

TEST_CASE("a part that the caller wrote counts as what it holds") {
  const auto raw = [](std::string type, std::size_t n) {
    return estimate_of(with(content_part::raw("{\"type\":\"" + type + "\",\"data\":\"" + std::string(n, 'x') + "\"}")));
  };
  CHECK(most(raw("input_audio", 1000), input_audio) > 30);
  CHECK(most(raw("video_url", 1000), input_video) > 10);
  CHECK(most(raw("image_url", 1000), input_image) == 16'384);
  CHECK(most(raw("file", 1000), input_text) > 7800);
  CHECK(most(raw("thing", 3000), input_text) > 1000);
}

TEST_CASE("the service that a request asks for is told") {
  const auto e =
      estimate_of(chat("m").user("x").extra_body("service_tier", "\"priority\"").extra_body("speed", "\"fast\""));
  CHECK(e.bound.service_tier == "priority");
  CHECK(e.bound.speed == "fast");
  CHECK(estimate_of(chat("m").user("x").extra_body("service_tier", "null")).bound.service_tier.empty());
}

TEST_CASE("tasks tell their images, characters, seconds and texts") {
  const auto pictures = estimate_of(text_to_image("m").prompt("a cat").other("n", 4));
  CHECK(most(pictures, images) == 4);
  CHECK(most(pictures, output_image) == 4 * 6240);
  CHECK(most(pictures, input_text) == 2);
  const auto large = estimate_of(text_to_image("m").prompt("a cat").other("width", 2048).other("height", 3072));
  CHECK(most(large, output_image) == 4 * 6240);
  CHECK(most(estimate_of(text_to_image("m").prompt("a cat").extra_body("num_images", "2")), images) == 2);

  const auto spoken = estimate_of(text_to_speech("m").text("süß").other("speed", 0.5));
  CHECK(most(spoken, input_characters) == 3);
  CHECK(most(spoken, output_milliseconds) == 1200);
  CHECK(most(spoken, output_audio) == 39);

  const auto heard = estimate_of(automatic_speech_recognition("m").audio(media(wav(320'000, 32'000))));
  CHECK(most(heard, input_milliseconds) == 10'001);
  CHECK(most(heard, input_audio) == 321);
  CHECK(most(heard, output_text) == 81);
  CHECK(heard.likely.prompt == 0);

  const auto seen = estimate_of(text_to_video("m").prompt("a cat").num_frames(80));
  CHECK(most(seen, output_milliseconds) == 10'000);
  CHECK(!estimate_of(text_to_video("m").prompt("a cat")).bound.most.has(output_milliseconds));
}

TEST_CASE("absurd numbers in a request are no bound that overflows") {
  for (const double d :
       {-1.0, 0.0, 1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    const auto e = estimate_of(text_to_image("m").prompt("x").other("n", d).other("width", d).other("height", d));
    CHECK(most(e, images) >= 1);
    CHECK(most(e, output_image) >= 6240);
    CHECK(most(estimate_of(text_to_speech("m").text("x").other("speed", d)), output_milliseconds) >= 200);
    (void)estimate_of(text_to_video("m").prompt("x").other("seconds", d));
  }
}
