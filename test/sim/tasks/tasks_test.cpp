// The simulated tasks: routes, keys, faults and files by URL.
#include "sim/fixture.hpp"
#include "sim/tasks/media.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;

TEST_CASE("a model named like a task does that task, below any prefix") {
  fixture f;
  const auto summary = R"({"inputs":"A long text."})";
  for (const char* path :
       {"/models/weir/summarization", "/hf-inference/models/weir/summarization", "/x/models/summarization"})
    CHECK(f.ask(path, summary).as_json().at(0).at("summary_text") == "A long text.");
  CHECK(f.ask("/hf-inference/models/any/model/pipeline/feature-extraction", R"({"inputs":"a","dimensions":4})")
            .as_json()
            .as_array()
            .size() == 4);
  // Other names mean text generation.
  CHECK(f.ask("/models/org/gpt", summary).as_json().at(0).as_object().contains("generated_text"));
  CHECK(f.ask("/models/org/text-generation", summary).as_json().at(0).as_object().contains("generated_text"));
}

TEST_CASE("tasks require the key, and have the same faults as chat") {
  auto how = plain();
  how.key = "secret";
  fixture f(std::move(how));
  const auto body = R"({"model":"m","input":"a"})";
  const std::string key = "authorization: Bearer secret\r\n";
  CHECK(f.ask("/v1/embeddings", body).status == 401);
  CHECK(f.ask("/v1/embeddings", body, key).status == 200);
  CHECK(f.ask("/v1/embeddings", body, key + "x-fault: rate-limit\r\n").status == 429);
  CHECK(f.ask("/models/weir/summarization", R"({"inputs":"a"})", key + "x-fault: 503\r\n").status == 503);
  CHECK(!f.ask("/v1/embeddings", body, key + "x-fault: cut=10\r\n").complete);
  CHECK(f.ask("/v1/embeddings", R"({"model":"m"})", key).status == 400);
}

TEST_CASE("an image by URL is served by this server") {
  fixture f;
  const auto answer = f.ask("/v1/images/generations", R"({"model":"m","prompt":"p","size":"8x4","n":2})").as_json();
  REQUIRE(answer.at("data").as_array().size() == 2);
  const auto url = std::string(answer.at("data").at(0).at("url").as_string());
  const auto at = url.find("/media/");
  REQUIRE(at != std::string::npos);
  raw_client client(f.server.port(), false, f.server.ca_file());
  client.send("GET " + url.substr(at) + " HTTP/1.1\r\nhost: x\r\n\r\n");
  const auto file = client.receive(5000);
  CHECK(file.status == 200);
  CHECK(file.headers.at("content-type") == "image/png");
  CHECK(file.body == make_png(seed_of("p"), 8, 4));
}
