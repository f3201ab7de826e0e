// hf-inference's tasks: what is sent for each, and what its responses are read as.
#include <doctest/doctest.h>

#include <any>

#include <weir/core/base64.hpp>
#include <weir/task/hub/audio_tasks.hpp>
#include <weir/task/hub/text_tasks.hpp>
#include <weir/task/hub/vision_tasks.hpp>

#include "provider/offers.hpp"
#include "provider/tasks/hf_tasks.hpp"

using namespace weir;
using provider::task;

namespace {

const std::string png("\x89PNG\r\n\x1a\n", 8);
const std::string png64 = "iVBORw0KGgo=";
const std::string wav("RIFF\4\0\0\0WAVE", 12);

http::request encoded(const task_request& ask) {
  provider::target t;
  t.provider = "hf-inference";
  t.key = secret("hf_x");
  t.model = "org/m";
  return provider::encode_task(ask, provider::resolve(ask.what(), t));
}

std::string body_of(const task_request& ask) {
  const auto r = encoded(ask);
  CHECK(r.method == "POST");
  CHECK(r.headers.get("content-type") == "application/json");
  CHECK(r.target.starts_with("/hf-inference/models/org/m"));
  return r.body;
}

http::response_head head(const char* type = "application/json") {
  http::response_head h;
  h.status = 200;
  if (*type)
    h.headers.set("content-type", type);
  return h;
}

failure failure_of(const task_request& ask, std::string body, const char* type = "application/json") {
  provider::route to;
  to.provider = "hf-inference";
  const auto next = provider::start_task(ask, to)->on_answer(head(type), std::move(body));
  return next.what == provider::step::kind::failed ? next.why : failure();
}

template <class Task>
typename Task::result_type read(const Task& ask, std::string body, const char* type = "application/json") {
  provider::route to;
  to.provider = "hf-inference";
  const auto job = provider::start_task(ask, to);
  const auto next = job->on_answer(head(type), std::move(body));
  INFO(next.why.describe());
  REQUIRE(next.what == provider::step::kind::done);
  return std::any_cast<typename Task::result_type>(job->take());
}

using sizes = std::vector<std::size_t>;
using texts = std::vector<std::string>;

} // namespace

TEST_CASE("hf-inference has the 26 tasks other than chat and text generation") {
  CHECK(provider::hf_offers().size() == 26);
  CHECK(provider::offers_of("tgi").size() == 26);
}

TEST_CASE("texts are sent as inputs, with parameters beside them and the caller's own members at the root") {
  CHECK(body_of(summarization("m").text("long").clean_up_tokenization_spaces(true).truncation("only_first")) ==
        R"({"inputs":"long","parameters":{"clean_up_tokenization_spaces":true,"truncation":"only_first"}})");
  CHECK(body_of(translation("m").text("a").text("b").src_lang("de").tgt_lang("en")) ==
        R"({"inputs":["a","b"],"parameters":{"src_lang":"de","tgt_lang":"en"}})");
  CHECK(body_of(fill_mask("m").text("a [MASK]").target("x").target("y").top_k(2)) ==
        R"({"inputs":"a [MASK]","parameters":{"targets":["x","y"],"top_k":2}})");
  CHECK(body_of(text_classification("m").text("t").top_k(2).function_to_apply("none")) ==
        R"({"inputs":"t","parameters":{"top_k":2,"function_to_apply":"none"}})");
  CHECK(body_of(token_classification("m").text("t").aggregation_strategy("simple").ignore_label("O").stride(3)) ==
        R"({"inputs":"t","parameters":{"aggregation_strategy":"simple","ignore_labels":["O"],"stride":3}})");
  CHECK(body_of(zero_shot_classification("m").text("t").label("a").label("b").multi_label(false)) ==
        R"({"inputs":"t","parameters":{"candidate_labels":["a","b"],"multi_label":false}})");
  CHECK(body_of(summarization("m").text("t").extra_body("options", "{\"x\":1}")) ==
        R"({"inputs":"t","parameters":{},"options":{"x":1}})");
}

TEST_CASE("embeddings and similarities have their own routes, and embeddings have parameters at the root") {
  const auto vectors =
      encoded(feature_extraction("m").text("t").normalize(true).prompt_name("query").truncation_direction("left"));
  CHECK(vectors.target == "/hf-inference/models/org/m/pipeline/feature-extraction");
  CHECK(vectors.body == R"({"inputs":"t","normalize":true,"prompt_name":"query","truncation_direction":"left"})");
  const auto likeness = encoded(sentence_similarity("m").source("s").sentence("a").sentence("b"));
  CHECK(likeness.target == "/hf-inference/models/org/m/pipeline/sentence-similarity");
  CHECK(likeness.body == R"({"inputs":{"source_sentence":"s","sentences":["a","b"]},"parameters":{}})");
}

TEST_CASE("questions, tables and rows are sent in their forms") {
  CHECK(body_of(question_answering("m").question("q").context("c").top_k(2)) ==
        R"({"inputs":{"question":"q","context":"c"},"parameters":{"top_k":2}})");
  CHECK(body_of(table_question_answering("m").query("q").cell("a", "1").cell("a", "2").sequential(true)) ==
        R"({"inputs":{"query":"q","table":{"a":["1","2"]}},"parameters":{"sequential":true}})");
  CHECK(body_of(tabular_classification("m").cell("a", "1")) == R"({"parameters":{},"table":{"a":["1"]}})");
  CHECK(body_of(tabular_regression("m").cell("a", "1")) == R"({"inputs":{"data":{"a":["1"]}}})");
  CHECK(body_of(document_question_answering("m").image(media(png)).question("q").lang("en")) ==
        R"({"inputs":{"question":"q","image":")" + png64 + R"("},"parameters":{"lang":"en"}})");
  CHECK(body_of(visual_question_answering("m").image(media(png)).question("q").top_k(1)) ==
        R"({"inputs":")" + png64 + R"(","parameters":{"top_k":1},"question":"q","image":")" + png64 + R"("})");
}

TEST_CASE("an image or audio is sent as raw bytes, and in base64 if something accompanies it") {
  const auto raw = encoded(image_classification("m").image(media(png)));
  CHECK(raw.body == png);
  CHECK(raw.headers.get("content-type") == "image/png");
  CHECK(encoded(image_classification("m").image(media("?"))).headers.get("content-type") == "");
  CHECK(encoded(automatic_speech_recognition("m").audio(media(wav))).headers.get("content-type") == "audio/wav");
  CHECK(encoded(audio_to_audio("m").audio(media(wav))).body == wav);
  CHECK(body_of(image_classification("m").image(media(png)).top_k(3)) ==
        R"({"inputs":")" + png64 + R"(","parameters":{"top_k":3}})");
  CHECK(body_of(image_to_text("m").image(media(png)).extra_body("a", "1")) ==
        R"({"inputs":")" + png64 + R"(","parameters":{},"a":1})");
  CHECK(body_of(image_to_image("m").image(media(png)).prompt("blue").target_size(64, 32)) ==
        R"({"inputs":")" + png64 + R"(","parameters":{"prompt":"blue","target_size":{"width":64,"height":32}}})");
  CHECK(body_of(zero_shot_image_classification("m").image(media(png)).label("a").label("b")) ==
        R"({"inputs":")" + png64 + R"(","parameters":{"candidate_labels":["a","b"]}})");
  CHECK(body_of(object_detection("m").image(media(png)).threshold(0.5)) ==
        R"({"inputs":")" + png64 + R"(","parameters":{"threshold":0.5}})");
  CHECK(body_of(image_segmentation("m").image(media(png)).subtask("semantic")) ==
        R"({"inputs":")" + png64 + R"(","parameters":{"subtask":"semantic"}})");
  CHECK(body_of(audio_classification("m").audio(media(wav)).top_k(1)).find(R"("parameters":{"top_k":1})") !=
        std::string::npos);
  CHECK(body_of(image_to_text("m").image(media::at("https://x.test/a.png"))) ==
        R"({"inputs":"https://x.test/a.png","parameters":{}})");
}

TEST_CASE("a task that produces an image requests a PNG") {
  const auto drawn = encoded(text_to_image("m").prompt("a cat").width(64).height(32).seed(1));
  CHECK(drawn.body == R"({"inputs":"a cat","parameters":{"width":64,"height":32,"seed":1}})");
  CHECK(drawn.headers.get("accept") == "image/png");
  CHECK(encoded(image_to_image("m").image(media(png))).headers.get("accept") == "image/png");
  CHECK(encoded(text_to_speech("m").text("hi").temperature(0.5)).body ==
        R"({"inputs":"hi","parameters":{"temperature":0.5}})");
  CHECK(encoded(text_to_audio("m").prompt("rain")).headers.get("accept") == "*/*");
}

TEST_CASE("a request that a task cannot accept is refused before it is sent") {
  CHECK_THROWS_WITH_AS(encoded(text_to_image("m").prompt("a").prompt("b")),
                       "text-to-image takes one text at a time here, not a batch", error);
  CHECK_THROWS_WITH_AS(encoded(image_to_text("m").image(media(png)).image(media(png))),
                       "image-to-text takes exactly one file here, not 2", error);
  CHECK_THROWS_AS(encoded(summarization("m").text("t").extra_body("model", "1")), error);
}

TEST_CASE("texts are read one per input, however they are nested") {
  CHECK(read(summarization().text("a"), R"([{"summary_text":"s","extra":1}])").text() == "s");
  CHECK(read(translation().text("a").text("b"), R"([{"translation_text":"x"},{"translation_text":"y"}])").texts ==
        texts{"x", "y"});
  CHECK(read(translation().text("a").text("b"), R"([[{"translation_text":"x"}],[{"translation_text":"y"}]])").texts ==
        texts{"x", "y"});
  CHECK(read(image_to_text().image(media(png)), R"([{"generated_text":"a weir"}])").text() == "a weir");
}

TEST_CASE("classes are read nested, flat and joined") {
  const auto two = text_classification().text("a").text("b");
  auto c = read(text_classification().text("a"), R"([[{"label":"P","score":0.75},{"label":"N","score":0.25}]])");
  REQUIRE(c.inputs.size() == 1);
  CHECK(c.labels()[0].label == "P");
  CHECK(c.labels()[1].score == 0.25);
  CHECK(read(text_classification().text("a"), R"([{"label":"P","score":1}])").labels().size() == 1);
  c = read(two, R"([[{"label":"P","score":1}],[{"label":"N","score":1}]])");
  REQUIRE(c.inputs.size() == 2);
  CHECK(c.inputs[1][0].label == "N");
  // One class for each of the texts, in a list that the server joined.
  c = read(two, R"([{"label":"P","score":1},{"label":"N","score":1}])");
  REQUIRE(c.inputs.size() == 2);
  CHECK(c.inputs[1][0].label == "N");
  CHECK(read(audio_classification().audio(media(wav)), R"([{"score":0.5,"label":"x"}])").labels()[0].score == 0.5);
  CHECK(read(image_classification().image(media(png)), "[]").labels().empty());
}

TEST_CASE("zero-shot classes are read in both recorded forms, for one text or several") {
  const auto ask = zero_shot_classification().text("t").label("a").label("b");
  const auto old = read(ask, R"({"sequence":"t","labels":["b","a"],"scores":[0.75,0.25]})");
  CHECK(old.labels()[0].label == "b");
  CHECK(old.labels()[1].score == 0.25);
  CHECK(read(ask, R"([{"label":"b","score":0.75},{"label":"a","score":0.25}])").labels()[0].label == "b");
  CHECK(read(ask, R"([{"sequence":"t","labels":["b"],"scores":[1]}])").inputs.size() == 1);
  const auto two = zero_shot_classification().text("t").text("u").label("a");
  CHECK(read(two, R"([{"labels":["a"],"scores":[1]},{"labels":["a"],"scores":[0.5]}])").inputs[1][0].score == 0.5);
  CHECK(read(two, R"([[{"label":"a","score":1}],[{"label":"a","score":0.5}]])").inputs[1][0].score == 0.5);
}

TEST_CASE("spans are read aggregated and token by token") {
  const auto joined =
      read(token_classification().text("t"), R"([{"entity_group":"PER","score":0.5,"word":"Ann","start":1,"end":4}])");
  REQUIRE(joined.inputs.size() == 1);
  CHECK(joined.inputs[0][0].label == "PER");
  CHECK(joined.inputs[0][0].start == 1);
  const auto token =
      read(token_classification().text("t"), R"([{"entity":"B-PER","index":3,"score":0.5,"word":"An","start":null}])")
          .inputs[0][0];
  CHECK(token.label == "B-PER");
  CHECK(token.index == 3);
  CHECK(!token.start);
  CHECK(read(token_classification().text("t").text("u"), R"([[],[{"entity":"X","score":1,"word":"w"}]])")
            .inputs[1]
            .size() == 1);
  CHECK(read(token_classification().text("t").text("u"), "[]").inputs.size() == 2);
}

TEST_CASE("masks are filled one by one") {
  const std::string one = R"({"score":0.5,"token":7,"token_str":"x","sequence":"an x"})";
  const auto m = read(fill_mask().text("an [MASK]"), "[" + one + "," + one + "]");
  REQUIRE(m.masks.size() == 1);
  CHECK(m.masks[0][1].token == 7);
  CHECK(m.masks[0][1].token_text == "x");
  CHECK(m.masks[0][1].sequence == "an x");
  CHECK(read(fill_mask().text("[MASK] [MASK]"), "[[" + one + "],[" + one + "]]").masks.size() == 2);
  CHECK(read(fill_mask().text("a").text("b"), "[" + one + "," + one + "]").masks.size() == 2);
  CHECK(read(fill_mask().text("a").text("b"), "[[[" + one + "],[" + one + "]],[[" + one + "]]]").masks.size() == 3);
}

TEST_CASE("answers are read from an object, a list and a table") {
  const auto one =
      read(question_answering().question("q").context("c"), R"({"score":0.5,"start":3,"end":5,"answer":"it"})");
  CHECK(one.text() == "it");
  CHECK(one.all[0].end == 5);
  CHECK(read(question_answering().question("q").context("c"), R"([{"answer":"a","score":1},{"answer":"b"}])")
            .all.size() == 2);
  CHECK(!read(document_question_answering().image(media(png)).question("q"), R"([{"answer":"$1"}])").all[0].score);
  CHECK(read(visual_question_answering().image(media(png)).question("q"), R"([{"answer":"2","score":0.5}])")
            .all[0]
            .score == 0.5);
  const auto table = read(table_question_answering().query("q").cell("a", "1"),
                          R"({"answer":"SUM > 1","coordinates":[[0,1],[2,3]],"cells":["1",2],"aggregator":"SUM"})");
  CHECK(table.text == "SUM > 1");
  CHECK(table.coordinates == std::vector<std::vector<std::int64_t>>{{0, 1}, {2, 3}});
  CHECK(table.cells == texts{"1", "2"});
  CHECK(table.aggregator == "SUM");
  CHECK(read(table_question_answering().query("q").cell("a", "1"), R"({"answer":"x"})").aggregator.empty());
}

TEST_CASE("rows and similarities are read as numbers and strings") {
  CHECK(read(tabular_classification().cell("a", "1"), R"(["yes","no"])").labels == texts{"yes", "no"});
  CHECK(read(tabular_classification().cell("a", "1"), R"(["yes",2])").numbers.empty());
  CHECK(read(tabular_regression().cell("a", "1"), "[1.5,2]").numbers == std::vector<double>{1.5, 2});
  CHECK(read(sentence_similarity().source("s").sentence("a").sentence("b"), "[0.5,1]").scores ==
        std::vector<double>{0.5, 1});
}

TEST_CASE("vectors keep the nesting that the model gives them") {
  CHECK(read(feature_extraction().text("t"), "[1,2]").shape == sizes{2});
  CHECK(read(feature_extraction().text("t"), "[[1,2]]").shape == sizes{1, 2});
  CHECK(read(feature_extraction().text("t"), "[[[1,2],[3,4],[5,6]]]").rows() == 3);
  const auto uneven = read(feature_extraction().text("t").text("u"), "[[[[1,2]]],[[[3,4],[5,6]]]]");
  CHECK(uneven.shape == sizes{3, 2});
  CHECK(uneven.counts == sizes{1, 2});
  CHECK(uneven.row(2)[1] == 6);
}

TEST_CASE("images and audio are read as bytes, and in their JSON forms") {
  const auto ask = text_to_image().prompt("p");
  auto first = read(ask, png, "image/png").first();
  CHECK(first.bytes == png);
  CHECK(first.content_type == "image/png");
  CHECK(read(ask, png, "").first().content_type == "image/png");
  CHECK(read(ask, R"({"data":[{"b64_json":")" + png64 + R"("}]})").first().bytes == png);
  CHECK(read(ask, R"({"output":["https://x.test/a","https://x.test/b"]})").items[1].url == "https://x.test/b");
  CHECK(read(ask, R"({"output":"https://x.test/a"})").first().url == "https://x.test/a");
  CHECK(read(text_to_speech().text("t"), wav, "audio/flac").first().content_type == "audio/flac");
  const auto tracks = read(audio_to_audio().audio(media(wav)),
                           R"([{"label":"l","blob":")" + png64 + R"(","content-type":"audio/flac"}])")
                          .tracks;
  CHECK(tracks[0].label == "l");
  CHECK(tracks[0].sound.bytes == png);
  CHECK(tracks[0].sound.content_type == "audio/flac");
  const auto parts =
      read(image_segmentation().image(media(png)),
           R"([{"label":"l","score":0.5,"mask":")" + png64 + R"("},{"label":"m","mask":"data:image/gif;base64,AAAA"}])")
          .segments;
  CHECK(parts[0].mask.content_type == "image/png");
  CHECK(parts[0].score == 0.5);
  CHECK(parts[1].mask.content_type == "image/gif");
  CHECK(!parts[1].score);
}

TEST_CASE("boxes and speech are read with everything that is reported") {
  const auto d = read(object_detection().image(media(png)),
                      R"([{"score":0.5,"label":"cat","box":{"xmin":1,"ymin":2,"xmax":3,"ymax":4.5}}])")
                     .all;
  CHECK(d[0].label == "cat");
  CHECK(d[0].ymax == 4.5);
  const auto ask = automatic_speech_recognition().audio(media(wav));
  CHECK(read(ask, R"({"text":"hi"})").text == "hi");
  auto t = read(ask, R"({"text":"hi","chunks":[{"text":"h","timestamp":[0.5,1]},{"text":"i","timestamp":[1,null]}]})");
  CHECK(t.chunks[0].start == 0.5);
  CHECK(!t.chunks[1].end);
  t = read(ask, R"({"text":"hi","language":"en","duration":2,"segments":[{"id":0,"start":0,"end":2,"text":"hi"}]})");
  CHECK(t.chunks[0].end == 2);
  CHECK(t.language == "en");
  CHECK(t.duration == 2);
  CHECK(read(ask, "plain words", "text/plain").text == "plain words");
}

TEST_CASE("a response that lacks something is refused with the name of what is missing") {
  const auto img = media(png);
  const std::pair<std::string, failure> cases[] = {
      {"not JSON", failure_of(summarization().text("t"), "{")},
      {"summary_text", failure_of(summarization().text("t"), R"([{"text":"x"}])")},
      {"1 results for 2 inputs", failure_of(summarization().text("t").text("u"), R"([{"summary_text":"x"}])")},
      {"not a list", failure_of(text_classification().text("t"), R"({"label":"x"})")},
      {"score (a number)", failure_of(text_classification().text("t"), R"([{"label":"x","score":"1"}])")},
      {"label (a string)", failure_of(text_classification().text("t"), R"([{"label":1,"score":1}])")},
      {"3 results for 2 inputs",
       failure_of(text_classification().text("t").text("u"),
                  R"([{"label":"x","score":1},{"label":"x","score":1},{"label":"x","score":1}])")},
      {"1 results for 2 inputs",
       failure_of(text_classification().text("t").text("u"), R"([[{"label":"x","score":1}]])")},
      {"labels and scores of different counts",
       failure_of(zero_shot_classification().text("t").label("a"), R"({"labels":["a"],"scores":[]})")},
      {"entity", failure_of(token_classification().text("t"), R"([{"word":"x","score":1}])")},
      {"1 results for 2 inputs",
       failure_of(token_classification().text("t").text("u"), R"([{"entity":"x","word":"x","score":1}])")},
      {"sequence", failure_of(fill_mask().text("t"), R"([{"score":1}])")},
      {"answer", failure_of(question_answering().question("q").context("c"), R"({"score":1})")},
      {"coordinate",
       failure_of(table_question_answering().query("q").cell("a", "1"), R"({"answer":"x","coordinates":[["a"]]})")},
      {"similarity", failure_of(sentence_similarity().source("s").sentence("a"), R"(["a"])")},
      {"2 results for 1 inputs", failure_of(sentence_similarity().source("s").sentence("a"), "[1,2]")},
      {"arrays of numbers", failure_of(feature_extraction().text("t"), "[[1],[2,3]]")},
      {"3 results for 2 inputs", failure_of(feature_extraction().text("t").text("u"), "[[1],[2],[3]]")},
      {"neither a file nor data", failure_of(text_to_image().prompt("p"), R"({"data":[]})")},
      {"b64_json or url", failure_of(text_to_image().prompt("p"), R"({"data":[{}]})")},
      {"not base64", failure_of(text_to_image().prompt("p"), R"({"data":[{"b64_json":"!"}]})")},
      {"not http or https", failure_of(text_to_image().prompt("p"), R"({"output":["file:///etc/passwd"]})")},
      {"an HTML page instead of a file", failure_of(text_to_image().prompt("p"), "<html>", "text/html")},
      {"text instead of a file", failure_of(text_to_image().prompt("p"), "words", "text/plain")},
      {"an empty body", failure_of(text_to_image().prompt("p"), "", "image/png")},
      {"mask", failure_of(image_segmentation().image(img), R"([{"label":"x"}])")},
      {"box", failure_of(object_detection().image(img), R"([{"label":"x","score":1}])")},
      {"xmax", failure_of(object_detection().image(img), R"([{"label":"x","score":1,"box":{"xmin":1,"ymin":1}}])")},
      {"blob", failure_of(audio_to_audio().audio(media(wav)), R"([{"label":"x"}])")},
      {"text (a string)", failure_of(automatic_speech_recognition().audio(media(wav)), R"({"chunks":[]})")},
      {"an HTML page", failure_of(automatic_speech_recognition().audio(media(wav)), "<html>", "text/plain")},
      {"neither JSON nor text", failure_of(automatic_speech_recognition().audio(media(wav)), wav, "audio/wav")},
  };
  for (const auto& [what, f] : cases) {
    CAPTURE(what);
    CHECK(f.code() == errc::unexpected_content);
    CHECK_MESSAGE(f.message().find(what) != std::string::npos, f.message());
  }
}

TEST_CASE("an error inside a 200 is the failure that it describes") {
  const auto f =
      failure_of(feature_extraction().text("t"), R"({"error":"Model is overloaded","error_type":"overloaded"})");
  CHECK(f.code() == errc::overloaded);
  CHECK(f.remote() == "Model is overloaded");
  CHECK(failure_of(text_to_image().prompt("p"), R"({"error":{"message":"no","code":"x"}})").remote() == "no");
}
