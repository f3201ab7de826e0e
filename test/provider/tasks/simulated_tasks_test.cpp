// Every task against the simulation: it understands weir's requests, and weir its responses.
#include <doctest/doctest.h>

#include <any>

#include <weir/task/hub/audio_tasks.hpp>
#include <weir/task/hub/text_tasks.hpp>
#include <weir/task/hub/vision_tasks.hpp>

#include "provider/offers.hpp"
#include "sim/tasks/media.hpp"
#include "sim/tasks/tasks.hpp"

using namespace weir;
using provider::task;

namespace {

sim::request as_received(const http::request& r) {
  sim::request got;
  got.method = r.method;
  got.path = r.target.substr(0, r.target.find('?'));
  for (const auto& [name, value] : r.headers)
    got.headers.emplace_back(name, value);
  got.headers.emplace_back("host", "127.0.0.1:1");
  got.body = r.body;
  return got;
}

provider::route route_of(const task_request& ask, const char* url, const char* vendor = "hf-inference") {
  provider::target t;
  t.provider = vendor;
  t.model = "weir/" + std::string(name_of(ask.what()));
  t.base_url = url;
  return provider::resolve(ask.what(), t);
}

template <class Task>
typename Task::result_type run(const Task& ask, const char* url = "http://127.0.0.1:1/hf-inference",
                               const char* vendor = "hf-inference") {
  const auto to = route_of(ask, url, vendor);
  const auto answer = sim::answer_task(as_received(provider::encode_task(ask, to)), false);
  REQUIRE(answer);
  INFO(answer->body);
  REQUIRE(answer->status == 200);
  http::response_head head;
  head.status = 200;
  for (const auto& [name, value] : answer->headers)
    head.headers.add(name, value);
  const auto job = provider::start_task(ask, to);
  const auto next = job->on_answer(head, answer->body);
  INFO(next.why.describe());
  REQUIRE(next.what == provider::step::kind::done);
  return std::any_cast<typename Task::result_type>(job->take());
}

media image() { return media(sim::make_png(1, 8, 8)); }
media sound() { return media(sim::make_wav(1, 100)); }

} // namespace

TEST_CASE("every task of hf-inference works with the simulation") {
  CHECK(run(feature_extraction().text("a").dimensions(8)).shape == std::vector<std::size_t>{8});
  CHECK(run(feature_extraction().text("a").text("b")).shape == std::vector<std::size_t>{2, 384});
  CHECK(run(sentence_similarity().source("a b").sentence("a b").sentence("c")).scores == std::vector<double>{1, 0});
  CHECK(run(summarization().text("Hello there")).text() == "Hello there");
  CHECK(run(translation().text("Hallo").src_lang("de").tgt_lang("en")).text() == "[en] Hallo");
  CHECK(run(question_answering().question("q").context("a weir")).text() == "a");
  CHECK(run(question_answering().question("q").context("a weir").top_k(2)).all.size() == 2);
  CHECK(run(table_question_answering().query("q").cell("km", "12")).cells == std::vector<std::string>{"12"});
  CHECK(run(document_question_answering().image(image()).question("q")).all.size() == 1);
  CHECK(run(visual_question_answering().image(image()).question("q").top_k(2)).all.size() == 2);
  CHECK(run(fill_mask().text("a [MASK] here").top_k(2)).masks.at(0).size() == 2);
  CHECK(run(fill_mask().text("a [MASK] [MASK]")).masks.size() == 2);
  CHECK(run(text_classification().text("a")).labels().size() == 2);
  CHECK(run(text_classification().text("a").text("b").top_k(1)).inputs.size() == 2);
  CHECK(run(token_classification().text("so Ann said")).inputs.at(0).at(0).word == "Ann");
  CHECK(run(token_classification().text("Ann").text("x").aggregation_strategy("none")).inputs.at(0).at(0).index == 1);
  CHECK(run(zero_shot_classification().text("a").label("x").label("y")).labels().size() == 2);
  CHECK(run(tabular_classification().cell("a", "1").cell("a", "2")).labels.size() == 2);
  CHECK(run(tabular_regression().cell("a", "1")).numbers.size() == 1);
  CHECK(run(text_to_image().prompt("p").width(8).height(4)).first().content_type == "image/png");
  CHECK(run(image_to_image().image(image()).prompt("blue")).first().content_type == "image/png");
  CHECK(run(image_to_image().image(image())).items.size() == 1);
  CHECK(run(image_classification().image(image()).top_k(2)).labels().size() == 2);
  CHECK(run(image_classification().image(image())).labels().size() == 5);
  CHECK(run(zero_shot_image_classification().image(image()).label("a").label("b")).labels().size() == 2);
  CHECK(run(image_segmentation().image(image())).segments.at(0).mask.content_type == "image/png");
  CHECK(run(object_detection().image(image())).all.size() == 2);
  CHECK(run(image_to_text().image(image())).text() == "a weir across a river");
  CHECK(run(text_to_speech().text("hello")).first().content_type == "audio/wav");
  CHECK(run(text_to_audio().prompt("rain")).first().content_type == "audio/wav");
  CHECK(run(automatic_speech_recognition().audio(sound()).return_timestamps(true)).chunks.size() == 2);
  CHECK(run(audio_to_audio().audio(sound())).tracks.size() == 2);
  CHECK(run(audio_classification().audio(sound())).labels().size() == 3);
}

TEST_CASE("OpenAI's routes work with the simulation, for every vendor that uses them") {
  constexpr auto at = "http://127.0.0.1:1/v1";
  for (const char* vendor : {"", "openai"}) {
    CHECK(run(feature_extraction().text("a").text("b").dimensions(4), at, vendor).shape ==
          std::vector<std::size_t>{2, 4});
    CHECK(run(text_to_image().prompt("p").width(8).height(8), at, vendor)
              .first()
              .url.starts_with("http://127.0.0.1:1/media/"));
    CHECK(run(text_to_speech().text("hello").voice("v"), at, vendor).first().content_type == "audio/wav");
    CHECK(run(automatic_speech_recognition().audio(sound()).return_timestamps(true), at, vendor).chunks.size() == 2);
  }
  constexpr auto base = "http://127.0.0.1:1";
  CHECK(run(feature_extraction().text("a"), base, "deepinfra").usage.prompt_tokens == 1);
  CHECK(run(text_to_speech().text("a"), base, "deepinfra").items.size() == 1);
  CHECK(run(automatic_speech_recognition().audio(sound()), base, "deepinfra").chunks.empty());
  CHECK(run(feature_extraction().text("a"), base, "scaleway").dimensions() == 384);
  CHECK(run(text_to_image().prompt("p").width(8).height(8), base, "nscale").first().content_type == "image/png");
  CHECK(run(text_to_image().prompt("p"), base, "together").first().content_type == "image/png");
  CHECK(run(image_to_image().image(image()).prompt("p"), base, "together").first().content_type == "image/png");
  CHECK(run(text_to_speech().text("a"), base, "together").items.size() == 1);
  CHECK(run(automatic_speech_recognition().audio(sound()).return_timestamps(true), base, "together").language == "en");
}

TEST_CASE("vectors in base64 equal the vectors as numbers") {
  const auto ask = feature_extraction().text("a weir").text("a dam");
  const auto in_base64 = run(ask, "http://127.0.0.1:1", "deepinfra");
  const auto in_numbers = run(feature_extraction().text("a weir").text("a dam").encoding_format("float"),
                              "http://127.0.0.1:1", "deepinfra");
  CHECK(in_base64.values == in_numbers.values);
  CHECK(in_base64.values == run(ask).values);
}

TEST_CASE("the simulation refuses what does not fit the task, in hf-inference's words") {
  const auto refusal = [](const char* path, const char* body, const char* type = "application/json") {
    sim::request r;
    r.method = "POST";
    r.path = path;
    r.headers.emplace_back("content-type", type);
    r.body = body;
    const auto answer = sim::answer_task(r, false);
    REQUIRE(answer);
    CHECK(answer->status == 400);
    http::response_head head;
    head.status = answer->status;
    provider::route to;
    to.provider = "hf-inference";
    return provider::failure_of_response(to, head, answer->body).remote();
  };
  CHECK(refusal("/models/weir/summarization", "{}") == "Error in `inputs`: field required");
  CHECK(refusal("/models/weir/question-answering", R"({"inputs":{"question":"q"}})") ==
        "Error in `inputs.context`: field required");
  CHECK(refusal("/models/weir/fill-mask", R"({"inputs":"a"})") == "No mask_token ([MASK]) found on the input");
  CHECK(refusal("/models/weir/image-classification", "no image", "image/png") ==
        "Error in `inputs`: cannot identify image file");
  CHECK(refusal("/models/weir/automatic-speech-recognition", "no sound", "audio/wav") == "Malformed soundfile");
  CHECK(refusal("/v1/embeddings", R"({"model":"m"})") == "input must be a string or a list of strings.");
  CHECK(refusal("/v1/embeddings", R"({"input":"x"})") == "model is required.");
  CHECK(refusal("/v1/images/generations", R"({"model":"m","prompt":"p","size":"8"})") == "size must be WIDTHxHEIGHT.");
  sim::request other;
  other.method = "POST";
  other.path = "/models/org/some-model";
  CHECK(!sim::answer_task(other, false));
}
