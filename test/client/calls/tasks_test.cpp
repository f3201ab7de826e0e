// Tasks other than chat and text generation: results in one response, jobs, downloads, files.
#include "client/support.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <weir/task/hub/text_tasks.hpp>
#include <weir/task/hub/vision_tasks.hpp>

using namespace weir;
using namespace weir::test;
namespace fs = std::filesystem;

namespace {

const std::string png = std::string("\x89PNG\r\n\x1a\n", 8) + std::string(5000, 'p');

options of(const char* vendor) {
  credentials keys;
  keys.hugging_face(secret("hf_canary0123"));
  return options().provider(vendor).base_url("https://one.test/ws").credentials(keys);
}

std::string job_state(const char* status, const std::string& more = "") {
  return answer(200, "application/json",
                std::string(R"({"code":200,"message":"success","data":{"id":"j1","status":")") + status + '"' + more +
                    R"(,"urls":{"get":"https://api.wavespeed.ai/api/v3/predictions/j1/result"}}})");
}

std::string done(const char* url = "https://media.test/out.png?sig=s3cret") {
  return job_state("completed", std::string(R"(,"outputs":[")") + url + "\"]");
}

std::string file(const std::string& bytes = png) { return answer(200, "image/png", bytes); }

script polled(std::initializer_list<std::string> states) {
  script s;
  s.expect("POST /ws/api/v3/m HTTP").expect("a weir").reply(job_state("created"));
  for (const auto& state : states)
    s.expect("GET /ws/api/v3/predictions/j1/result HTTP").reply(state);
  return s;
}

text_to_image ask() { return text_to_image("m").prompt("a weir"); }

class outcome_of_run {
public:
  outcome_of_run() = default;
  error_code code;
  failure why;
  media_result made;
  duration ended{};
};

asio::awaitable<void> run(bench& b, outcome_of_run& out, text_to_image request) {
  try {
    out.made = co_await b.client().run(std::move(request));
  } catch (const error& e) {
    out.code = e.code();
    out.why = e.failure();
  } catch (const boost::system::system_error& e) {
    out.code = e.code();
  }
  out.ended = b.now();
}

outcome_of_run run(bench& b, text_to_image request = ask()) {
  outcome_of_run out;
  CHECK(b.run([&]() -> asio::awaitable<void> { co_await run(b, out, std::move(request)); }));
  return out;
}

// A folder of its own, removed afterwards.
class folder {
public:
  folder() : path_(fs::temp_directory_path() / "weir-tasks-test") {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~folder() { fs::remove_all(path_); }
  std::string file(const char* name) const { return path_ / name; }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(path_), {})); }

private:
  fs::path path_;
};

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

} // namespace

TEST_CASE("a task whose response is its result returns its own type") {
  bench b(options().base_url("https://one.test/summarize"));
  b.net->add(script()
                 .expect("POST /summarize HTTP")
                 .expect("long")
                 .reply(answer(200, "application/json", R"([{"summary_text":"short"}])")));
  text_result got;
  CHECK(
      b.run([&]() -> asio::awaitable<void> { got = co_await b.client().run(weir::summarization("m").text("long")); }));
  CHECK(got.text() == "short");
  b.check_clean();
}

TEST_CASE("a job is polled at the provider's pace, and its result is fetched without credentials") {
  bench b(of("wavespeed"));
  b.net->add(polled({job_state("processing"), job_state("processing"), done()}));
  b.net->add(script().expect("GET /out.png?sig=s3cret HTTP").reply(file()));
  const auto out = run(b);
  REQUIRE(out.code == error_code());
  REQUIRE(out.made.items.size() == 1);
  CHECK(out.made.first().bytes == png);
  CHECK(out.made.first().content_type == "image/png");
  CHECK(b.now() == 1500ms);
  REQUIRE(b.net->connections().size() == 2);
  CHECK(b.net->connections()[0]->sent.find("hf_canary0123") == std::string::npos); // no hf_ token to a foreign URL
  const auto& fetched = *b.net->connections()[1];
  CHECK(fetched.to.text() == "https://media.test");
  CHECK(fetched.sent.find("authorization") == std::string::npos);
  b.check_clean();
}

TEST_CASE("a job reports its progress, and then gives its result") {
  bench b(of("wavespeed"));
  b.net->add(polled({job_state("processing"), done()}));
  b.net->add(script().expect("GET /out.png").reply(file()));
  std::vector<std::string> seen;
  std::size_t bytes = 0;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto job = co_await b.client().submit(ask());
    for (;;) {
      const auto p = co_await job.next();
      if (!p)
        break;
      seen.push_back(std::string(name_of(p->at)) + ' ' + p->job + ' ' + p->status);
    }
    const auto made = co_await job.result();
    bytes = made.first().bytes.size();
  }));
  CHECK(seen.size() >= 2);
  CHECK(seen[0] == "submitted j1 created");
  CHECK(seen[1] == "running j1 processing");
  CHECK(bytes == png.size());
  b.check_clean();
}

TEST_CASE("a poll that fails for a while is repeated, and the job is not submitted again") {
  bench b{bench::with_policies(of("wavespeed"))};
  b.net->add(polled({answer(503, "application/json", "{}"), answer(429, "application/json", "{}"), done()}));
  b.net->add(script().expect("GET /out.png").reply(file()));
  const auto out = run(b);
  CHECK(out.code == error_code());
  CHECK(out.made.items.size() == 1);
  b.check_clean();
}

TEST_CASE("a job that fails at the provider is one clear error, and is not retried") {
  bench b{bench::with_policies(of("wavespeed"))};
  b.net->add(polled({job_state("failed", R"(,"error":"the prompt is not allowed")")}));
  const auto out = run(b);
  CHECK(out.code == errc::in_band_error);
  CHECK(out.why.remote() == "the prompt is not allowed");
  b.check_clean();
}

TEST_CASE("a refusal of the result is the job's failure, also where a poll's would be repeated") {
  bench b(of("fal-ai"));
  const auto state = [](const char* status) {
    return answer(200, "application/json",
                  std::string(R"({"request_id":"f1","status":")") + status +
                      R"(","response_url":"https://queue.fal.run/m/requests/f1"})");
  };
  b.net->add(script()
                 .expect("POST /ws/m?_subdomain=queue HTTP")
                 .reply(state("IN_QUEUE"))
                 .expect("GET /ws/m/requests/f1/status?_subdomain=queue HTTP")
                 .reply(state("COMPLETED"))
                 .expect("GET /ws/m/requests/f1?_subdomain=queue HTTP")
                 .reply(answer(500, "application/json", R"({"detail":"the model broke"})")));
  error_code code;
  failure why;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto running = b.client().run(text_to_video("m").prompt("water"));
    code = co_await code_of(std::move(running), &why);
  }));
  CHECK(code == errc::server_error);
  CHECK(why.remote() == "the model broke");
  b.check_clean();
}

TEST_CASE("a job that never ends is ended by the deadline, and the error has its last state") {
  bench b(of("wavespeed").deadline(3s));
  b.net->add(polled({job_state("processing"), job_state("processing"), job_state("processing"), job_state("processing"),
                     job_state("processing"), job_state("processing")}));
  const auto out = run(b);
  CHECK(out.code == errc::deadline_exceeded);
  CHECK(out.why.message().find("job j1") != std::string::npos);
  CHECK(out.why.message().find("processing") != std::string::npos);
  CHECK(out.ended == 3s);
  b.check_clean();
}

TEST_CASE("a poll or a download that stalls is ended by the deadline of its call, not by clocks of its own") {
  const auto check = [](const script& first, const script& second) {
    bench b(of("wavespeed").deadline(3s));
    b.net->add(first);
    b.net->add(second);
    const auto out = run(b);
    CHECK(out.code == errc::deadline_exceeded);
    CHECK(out.ended == 3s);
    b.check_clean();
  };
  auto poll = polled({});
  poll.expect("GET /ws/api/v3/predictions/j1/result HTTP").stall();
  check(poll, script().expect("DELETE /ws/api/v3/predictions/j1 HTTP").reply(answer(200, "application/json", "{}")));
  check(polled({done()}), script().expect("GET /out.png").reply(file().substr(0, 900)).stall());
}

TEST_CASE("a truncated download is retried, and is a clear error if it stays truncated") {
  bench b(of("wavespeed"));
  b.net->add(polled({done()}));
  const auto cut = file().substr(0, 900);
  for (int i = 0; i < 3; ++i)
    b.net->add(script().expect("GET /out.png").reply(cut).close());
  const auto out = run(b);
  CHECK(out.code == errc::truncated);
  CHECK(out.why.message().find("broke off") != std::string::npos);
  CHECK(out.why.message().find("s3cret") == std::string::npos);
  b.check_clean();
}

TEST_CASE("a result is saved to a file that appears once complete") {
  const folder here;
  {
    bench b(of("wavespeed"));
    b.net->add(polled({done()}));
    b.net->add(script().expect("GET /out.png").reply(file()));
    const auto out = run(b, ask().save_to(here.file("a.png")));
    CHECK(out.code == error_code());
    CHECK(out.made.first().path == here.file("a.png"));
    CHECK(out.made.first().bytes.empty());
    CHECK(contents(here.file("a.png")) == png);
    b.check_clean();
  }
  {
    bench b(of("wavespeed"));
    b.net->add(polled({done()}));
    for (int i = 0; i < 3; ++i)
      b.net->add(script().expect("GET /out.png").reply(file().substr(0, 900)).close());
    CHECK(run(b, ask().save_to(here.file("b.png"))).code == errc::truncated);
    b.check_clean();
  }
  CHECK(here.files() == 1);
}

TEST_CASE("an HTML page in place of a result is refused with its title, whatever its content type") {
  const std::string page =
      "\r\n<!-- " + std::string(900, '-') + " --><HTML><head><title>Please &amp; sign in</title></head></HTML>";
  for (const auto* type : {"text/html; charset=utf-8", "image/png", "application/octet-stream"}) {
    CAPTURE(type);
    const folder here;
    bench b{bench::with_policies(of("wavespeed"))};
    b.net->add(polled({done()}));
    b.net->add(script().expect("GET /out.png").slice(7).reply(answer(200, type, page)));
    const auto out = run(b, ask().save_to(here.file("a.png")));
    CHECK(out.code == errc::unexpected_content);
    CHECK(out.why.message().find("is a page of HTML, \"Please & sign in\"") != std::string::npos);
    CHECK(here.files() == 0);
    b.check_clean();
  }
}

TEST_CASE("a JSON error in place of a result is refused with its message") {
  const folder here;
  bench b{bench::with_policies(of("wavespeed"))};
  b.net->add(polled({done()}));
  b.net->add(script()
                 .expect("GET /out.png")
                 .slice(7)
                 .reply(answer(200, "image/png", R"({"error":{"message":"the link has expired"}})")));
  const auto out = run(b, ask().save_to(here.file("a.png")));
  CHECK(out.code == errc::unexpected_content);
  CHECK(out.why.remote() == "the link has expired");
  CHECK(here.files() == 0);
  b.check_clean();
}

TEST_CASE("a result that is JSON and not an error is saved") {
  const folder here;
  bench b(of("wavespeed"));
  b.net->add(polled({done()}));
  b.net->add(script().expect("GET /out.png").reply(answer(200, "application/json", R"({"gates":[1,2]})")));
  CHECK(run(b, ask().save_to(here.file("a.json"))).code == error_code());
  CHECK(contents(here.file("a.json")) == R"({"gates":[1,2]})");
  b.check_clean();
}

TEST_CASE("a result that is markup and not a page is saved") {
  const folder here;
  bench b(of("wavespeed"));
  b.net->add(polled({done()}));
  b.net->add(script().expect("GET /out.png").reply(answer(200, "image/svg+xml", "<svg/>")));
  CHECK(run(b, ask().save_to(here.file("a.svg"))).code == error_code());
  CHECK(contents(here.file("a.svg")) == "<svg/>");
  b.check_clean();
}

TEST_CASE("several results are saved under free numbers") {
  const folder here;
  std::ofstream(here.file("a.png")) << "old";
  std::ofstream(here.file("a-2.png")) << "another's";
  bench b(of("wavespeed"));
  b.net->add(polled({job_state("completed", R"(,"outputs":["https://media.test/1.png","https://media.test/2.png"])")}));
  b.net->add(script().expect("GET /1.png").reply(file()).expect("GET /2.png").reply(file(png + "2")));
  const auto out = run(b, ask().save_to(here.file("a.png")));
  REQUIRE(out.made.items.size() == 2);
  CHECK(out.made.items[0].path == here.file("a.png"));
  CHECK(out.made.items[1].path == here.file("a-3.png"));
  CHECK(contents(here.file("a.png")) == png);
  CHECK(contents(here.file("a-2.png")) == "another's");
  CHECK(contents(here.file("a-3.png")) == png + "2");
  b.check_clean();
}

TEST_CASE("a path that cannot be saved to is refused before the provider is called") {
  const folder here;
  bench b(of("wavespeed"));
  CHECK(run(b, ask().save_to(here.file("none/a.png"))).code == errc::invalid_argument);
  CHECK(b.net->connections().empty());
  b.check_clean();
}

TEST_CASE("a result that is larger than allowed is refused, and nothing is kept") {
  const folder here;
  bench b(of("wavespeed"));
  b.net->add(polled({done()}));
  b.net->add(script().expect("GET /out.png").reply(file()));
  const auto out = run(b, ask().save_to(here.file("a.png")).max_bytes(1000));
  CHECK(out.code == errc::response_too_large);
  CHECK(here.files() == 0);
  b.check_clean();
}

TEST_CASE("URLs are kept if the caller wants them") {
  bench b(of("wavespeed"));
  b.net->add(polled({done()}));
  const auto out = run(b, ask().keep_urls());
  REQUIRE(out.made.items.size() == 1);
  CHECK(out.made.first().url == "https://media.test/out.png?sig=s3cret");
  b.check_clean();
}

TEST_CASE("a result is not fetched from a URL without TLS") {
  bench b(of("wavespeed"));
  b.net->add(polled({done("http://media.test/out.png")}));
  CHECK(run(b).code == errc::unexpected_content);
  b.check_clean();
}

TEST_CASE("a result that has moved is fetched from its new URL, with half a minute for each step") {
  bench b(of("wavespeed"));
  b.net->add(polled({done()}));
  b.net->add(script()
                 .expect("GET /out.png")
                 .pause(20s)
                 .reply("HTTP/1.1 302 Found\r\nlocation: //files.test/new/x?sig=1#top\r\n"
                        "content-length: 0\r\n\r\n"));
  b.net->add(script()
                 .expect("GET /new/x?sig=1 ")
                 .pause(20s)
                 .reply("HTTP/1.1 307 Moved\r\nlocation: ../y.png\r\n"
                        "content-length: 0\r\n\r\n")
                 .expect("GET /y.png ")
                 .reply("HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 3\r\n\r\nPNG"));
  const auto out = run(b);
  REQUIRE(out.made.items.size() == 1);
  CHECK(out.made.first().bytes == "PNG");
  b.check_clean();
}

TEST_CASE("a result is not fetched from a redirect to a URL without TLS") {
  bench b(of("wavespeed"));
  b.net->add(polled({done()}));
  b.net->add(script()
                 .expect("GET /out.png")
                 .reply("HTTP/1.1 302 Found\r\nlocation: http://media.test/x\r\n"
                        "content-length: 0\r\n\r\n"));
  CHECK(run(b).code == errc::unexpected_redirect);
  b.check_clean();
}

TEST_CASE("a job can be cancelled at any moment, and leaves nothing behind") {
  for (const auto when : {100ms, 600ms, 1100ms}) {
    CAPTURE(when.count());
    bench b(of("wavespeed"));
    b.net->add(polled({job_state("processing"), job_state("processing"), job_state("processing")}));
    error_code code;
    CHECK(b.run([&]() -> asio::awaitable<void> {
      auto running = b.client().run(ask());
      auto limited = within(when, std::move(running));
      code = co_await code_of(std::move(limited));
    }));
    CHECK(code == errc::deadline_exceeded);
    b.check_clean();
  }
}

TEST_CASE("a context that is destroyed under a job leaves nothing behind") {
  const folder here;
  for (const auto when : {0ms, 100ms, 600ms, 1100ms}) {
    CAPTURE(when.count());
    const auto scopes = scope::live();
    {
      outcome_of_run out;
      bench b(of("wavespeed"));
      b.net->add(polled({job_state("processing"), done()}));
      b.net->add(script().expect("GET /out.png").reply(file().substr(0, 900)).stall());
      b.spawn([&]() -> asio::awaitable<void> { co_await run(b, out, ask().save_to(here.file("a.png"))); });
      testing::run(b.io, when);
    }
    CHECK(scope::live() == scopes);
    CHECK(here.files() == 0);
  }
}

TEST_CASE("a job that is dropped while nothing awaits it is cancelled, once") {
  bench b(of("wavespeed"));
  auto peer = polled({job_state("processing")});
  peer.expect("DELETE /ws/api/v3/predictions/j1 HTTP").reply(answer(200, "application/json", "{}"));
  b.net->add(peer);
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto job = co_await b.client().submit(ask());
    co_await job.next();
    co_await job.next();
  }));
  CHECK(b.net->connections().at(0)->finished);
  CHECK(b.now() < 1s);
  b.check_clean();
}

TEST_CASE("an image that is given by its URL is fetched for a provider that wants bytes") {
  bench b(options().base_url("https://one.test/classify"));
  b.net->add(script().expect("GET /cat.png HTTP").reply(file()));
  b.net->add(script()
                 .expect("POST /classify HTTP")
                 .reply(answer(200, "application/json", R"([{"label":"cat","score":0.9}])")));
  classification got;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    got = co_await b.client().run(weir::image_classification("m").image(media::at("https://pictures.test/cat.png")));
  }));
  REQUIRE(got.labels().size() == 1);
  CHECK(got.labels()[0].label == "cat");
  b.check_clean();
}

TEST_CASE("a request without its input says so, and nothing is sent") {
  bench b(of("wavespeed"));
  const auto out = run(b, text_to_image("m"));
  CHECK(out.code == errc::invalid_argument);
  CHECK(out.why.message() == "text-to-image needs a prompt");
  CHECK(b.net->opened() == 0);
  b.check_clean();
}
