// The Hub's mapping of models to vendors' names, as the client looks it up and caches it.
#include "client/support.hpp"

#include <weir/task/hub/text_tasks.hpp>

using namespace weir;
using namespace weir::test;

namespace {

options routed(const char* provider = "together") {
  credentials keys;
  keys.hugging_face(secret("hf_canary0123"));
  return options().provider(provider).credentials(keys);
}

const std::string mapping =
    answer(200, "application/json",
           R"({"id":"org/m","inferenceProviderMapping":)"
           R"({"together":{"status":"live","providerId":"vendor/m","task":"conversational"}}})");

script lookup(const std::string& response) {
  return script().expect("GET /api/models/org/m?expand=inferenceProviderMapping HTTP").reply(response);
}

script chats(int n) {
  script s;
  for (int i = 0; i < n; ++i)
    s.expect("POST /together/v1/chat/completions").reply(streamed(chat_events({"a"})));
  return s;
}

asio::awaitable<void> ask(bench& b, seen& s) { co_await b.read(s, weir::chat("org/m").user("hi")); }

seen ask(bench& b) {
  seen s;
  CHECK(b.run([&]() -> asio::awaitable<void> { co_await ask(b, s); }));
  return s;
}

} // namespace

TEST_CASE("a routed call to a named vendor asks the Hub once in ten minutes for the vendor's name of the model") {
  bench b(routed().idle_connection_timeout(1h));
  // Connections are not used again after ten minutes either.
  b.net->add(lookup(mapping)).add(chats(3)).add(lookup(mapping)).add(chats(1));
  CHECK(ask(b).outcome == outcome::complete);
  CHECK(ask(b).outcome == outcome::complete);
  b.time().advance_to(b.start + 9min + 59s);
  CHECK(ask(b).outcome == outcome::complete);
  CHECK(b.net->opened() == 2);
  const auto& hub = *b.net->connections()[0];
  const auto& vendor = *b.net->connections()[1];
  CHECK(hub.to.text() == "https://huggingface.co");
  CHECK(hub.sent.find("authorization: Bearer hf_canary0123\r\n") != std::string::npos);
  CHECK(vendor.to.text() == "https://router.huggingface.co");
  CHECK(vendor.sent.find("\"vendor/m\"") != std::string::npos);

  b.time().advance_to(b.start + 10min + 1s);
  CHECK(ask(b).outcome == outcome::complete);
  CHECK(b.net->connections()[2]->sent.starts_with("GET /api/models/"));
  b.check_clean();
}

TEST_CASE("a renamed model is followed within the Hub") {
  bench b(routed());
  b.net
      ->add(
          lookup(answer(307, "text/plain", "moved", "location: /api/models/new/m?expand=inferenceProviderMapping\r\n"))
              .expect("GET /api/models/new/m?expand=")
              .reply(mapping))
      .add(chats(1));
  CHECK(ask(b).outcome == outcome::complete);
  b.check_clean();
}

TEST_CASE("a redirect of the Hub is resolved against the URL that it comes from") {
  for (const auto* where : {"m2?expand=inferenceProviderMapping", "../org/m2?expand=inferenceProviderMapping",
                            "//huggingface.co/api/models/org/m2?expand=inferenceProviderMapping"}) {
    bench b(routed());
    b.net
        ->add(lookup(answer(308, "text/plain", "moved", "location: " + std::string(where) + "\r\n"))
                  .expect("GET /api/models/org/m2?expand=")
                  .reply(mapping))
        .add(chats(1));
    CHECK_MESSAGE(ask(b).outcome == outcome::complete, where);
    b.check_clean();
  }
}

TEST_CASE("a redirect of the Hub to another host is refused, and does not get the key") {
  for (const auto* where : {"https://evil.example/api", "//evil.example/api", "http://huggingface.co/api",
                            "https://huggingface.co:444/api"}) {
    bench b(routed());
    b.net->add(lookup(answer(307, "text/plain", "", "location: " + std::string(where) + "\r\n")));
    const auto s = ask(b);
    CHECK(s.code == errc::unexpected_redirect);
    CHECK(s.what.find("canary") == std::string::npos);
    CHECK(b.net->attempts() == 1);
    b.check_clean();
  }
}

TEST_CASE("the number of redirects of the Hub is limited") {
  bench b(routed());
  const auto again = answer(307, "text/plain", "", "location: /api/models/org/m?expand=inferenceProviderMapping\r\n");
  b.net->add(lookup(again).expect("GET").reply(again).expect("GET").reply(again).expect("GET").reply(again));
  CHECK(ask(b).code == errc::unexpected_redirect);
  b.check_clean();
}

TEST_CASE("a refusal of the Hub, and a vendor that does not serve the model, are errors and not cached") {
  bench b(routed());
  b.net
      ->add(lookup(answer(404, "application/json", R"({"error":"Repository not found"})"))
                .expect("GET")
                .reply(answer(200, "text/html", "<html>sign in</html>"))
                .expect("GET")
                .reply(mapping))
      .add(chats(1));
  auto s = ask(b);
  CHECK(s.code == errc::not_found);
  CHECK(s.what.find("Repository not found") != std::string::npos);
  CHECK(ask(b).code == errc::malformed_response);
  CHECK(ask(b).outcome == outcome::complete);
  b.check_clean();

  bench other(routed("novita"));
  other.net->add(lookup(mapping));
  s = ask(other);
  CHECK(s.code == errc::unsupported);
  CHECK(s.what.find("together") != std::string::npos);
  other.check_clean();
}

TEST_CASE("a Hub that does not answer costs half a minute") {
  bench b(routed());
  b.net->add(script().stall());
  const auto s = ask(b);
  CHECK(s.code == errc::stalled);
  CHECK(s.ended == 30s);
  b.check_clean();
}

TEST_CASE("the deadline covers the look-up") {
  bench b(routed().deadline(3s));
  b.net->add(script().stall());
  const auto s = ask(b);
  CHECK(s.code == errc::deadline_exceeded);
  CHECK(s.ended == 3s);
  b.check_clean();
}

TEST_CASE("a vendor's own key needs no look-up and goes to the vendor") {
  credentials keys;
  keys.vendor("together", secret("sk-own-0123")).hugging_face(secret("hf_canary0123"));
  bench b(options().provider("together").credentials(keys));
  b.net->add(script().expect("POST /v1/chat/completions").reply(streamed(chat_events({"a"}))));
  CHECK(ask(b).outcome == outcome::complete);
  const auto& c = *b.net->connections()[0];
  CHECK(c.to.text() == "https://api.together.xyz");
  CHECK(c.sent.find("Bearer sk-own-0123\r\n") != std::string::npos);
  CHECK(c.sent.find("hf_") == std::string::npos);
  b.check_clean();
}

TEST_CASE("where no model is named for a task, the Hub's recommendation is called at hf-inference") {
  credentials keys;
  keys.hugging_face(secret("hf_canary0123"));
  bench b(options().credentials(keys));
  const auto tasks =
      answer(200, "application/json",
             R"({"summarization":{"widgetModels":["org/best"],"models":[{"id":"org/other"}]},"fill-mask":{}})");
  b.net->add(script().expect("GET /api/tasks HTTP").reply(tasks));
  b.net->add(script()
                 .expect("POST /hf-inference/models/org/best HTTP")
                 .reply(answer(200, "application/json", R"([{"summary_text":"short"}])"))
                 .expect("POST /hf-inference/models/org/best HTTP")
                 .reply(answer(200, "application/json", R"([{"summary_text":"short"}])")));
  std::string first, second;
  error_code none;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    const auto one = co_await b.client().run(summarization().text("long"));
    const auto two = co_await b.client().run(summarization().text("long"));
    first = one.text();
    second = two.text();
    auto asking = b.client().run(fill_mask().text("a [MASK]"));
    none = co_await code_of(std::move(asking));
  }));
  CHECK(first == "short");
  CHECK(second == "short");
  CHECK(none == errc::unsupported);
  b.check_clean();
}
