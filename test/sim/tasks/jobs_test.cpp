// Simulated jobs in each vendor's protocol: states, polls, cancellation, faults and files.
#include <doctest/doctest.h>

#include <weir/task/media.hpp>

#include "sim/fixture.hpp"
#include "sim/tasks/jobs.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;
using namespace std::chrono_literals;

namespace {

class jobs_fixture : public fixture {
public:
  using fixture::fixture;

  response call(std::string_view method, std::string_view target, std::string_view body = {},
                std::string_view headers = {}) {
    raw_client client(server.port(), tls, server.ca_file());
    std::string text(method);
    text.append(" ").append(target).append(" HTTP/1.1\r\nhost: 127.0.0.1:").append(std::to_string(server.port()));
    text.append("\r\ncontent-length: ")
        .append(std::to_string(body.size()))
        .append("\r\n")
        .append(headers)
        .append("\r\n");
    client.send(text.append(body));
    return client.receive();
  }
  codec::json::value json(std::string_view method, std::string_view target, std::string_view body = {},
                          std::string_view headers = {}) {
    const auto r = call(method, target, body, headers);
    INFO(r.body);
    REQUIRE(r.status / 100 == 2);
    return r.as_json();
  }
  /// What the server has at a URL that it returned.
  response file(std::string_view url, std::string_view headers = {}) {
    REQUIRE(url.starts_with(server.url()));
    return call("GET", url.substr(server.url().size()), {}, headers);
  }
  std::string state(std::size_t i = 0) {
    return std::string(codec::string_at(json("GET", "/sim/jobs").at(i), "state").value());
  }
};

std::string text(const codec::json::value& v, std::string_view key) {
  return std::string(codec::string_at(v, key).value_or("(none)"));
}

constexpr std::string_view two_polls = "x-job: 2\r\n";
constexpr std::string_view prompt = R"({"prompt":"a cat"})";

} // namespace

TEST_CASE("the files of jobs have valid formats") {
  CHECK(content_type_of(job_file(product::image)) == "image/png");
  CHECK(content_type_of(job_file(product::sound)) == "audio/wav");
  CHECK(content_type_of(job_file(product::video)) == "video/mp4");
}

TEST_CASE("a fal job goes from the queue to its result, below any prefix") {
  for (const std::string base : {"", "/fal-ai", "/any/where"}) {
    CAPTURE(base);
    jobs_fixture f;
    const auto begun = f.json("POST", base + "/fal-ai/wan-video?_subdomain=queue", prompt, two_polls);
    CHECK(text(begun, "status") == "IN_QUEUE");
    const auto url = text(begun, "response_url");
    REQUIRE(url.starts_with("https://queue.fal.run/"));
    const auto path = base + url.substr(url.find('/', 8));
    const std::string q = "?_subdomain=queue";
    CHECK(text(f.json("GET", path + "/status" + q), "status") == "IN_QUEUE");
    CHECK(f.call("GET", path + q).status == 400);
    CHECK(text(f.json("GET", path + "/status" + q), "status") == "IN_PROGRESS");
    CHECK(text(f.json("GET", path + "/status" + q), "status") == "COMPLETED");
    const auto result = f.json("GET", path + q);
    const auto video = f.file(text(result.at("video"), "url"));
    CHECK(video.status == 200);
    CHECK(video.headers.at("content-type") == "video/mp4");
    CHECK(video.body == job_file(product::video));
    CHECK(f.state() == "done");
  }
}

TEST_CASE("a job ends after its time, too") {
  auto how = plain();
  how.job = 50ms;
  jobs_fixture f(how);
  const auto begun = f.json("POST", "/together/v2/videos", R"({"model":"m","prompt":"p"})");
  CHECK(text(begun, "status") == "queued");
  const auto path = "/together/v2/videos/" + text(begun, "id");
  CHECK(eventually([&] { return text(f.json("GET", path), "status") == "completed"; }));
}

TEST_CASE("a file is refused to callers that send a key") {
  jobs_fixture f;
  const auto made = f.json("POST", "/fal-ai/fal-ai/flux", prompt);
  const auto url = text(made.at("images").at(0), "url");
  CHECK(f.file(url).body == job_file(product::image));
  CHECK(f.file(url, "authorization: Bearer hf_x\r\n").status == 403);
  CHECK(f.call("GET", "/sim/files/simjob-9.png").status == 404);
}

TEST_CASE("a Replicate prediction is complete at once if it takes no time, and is polled if it does") {
  jobs_fixture f;
  const auto path = "/replicate/v1/models/owner/name/predictions";
  const auto quick = f.call("POST", path, R"({"input":{"text":"hello"}})", "x-job: 0\r\nprefer: wait\r\n");
  CHECK(quick.status == 201);
  CHECK(f.file(text(quick.as_json(), "output")).body == job_file(product::sound));

  const auto slow = f.call("POST", "/replicate/v1/predictions", R"({"input":{"prompt":"p"},"version":"x"})", two_polls);
  CHECK(slow.status == 202);
  CHECK(text(slow.as_json(), "status") == "starting");
  const auto at = "/replicate/v1/predictions/" + text(slow.as_json(), "id");
  f.json("GET", at);
  CHECK(text(f.json("GET", at), "status") == "processing");
  const auto done = f.json("GET", at);
  CHECK(text(done, "status") == "succeeded");
  CHECK(f.file(done.at("output").at(0).as_string()).body == job_file(product::image));
}

TEST_CASE("WaveSpeed, Novita, Together and Z.ai each run their jobs in their own protocol") {
  jobs_fixture f;
  const auto wave = f.json("POST", "/wavespeed/api/v3/org/flux", prompt, "x-job: 0\r\n");
  CHECK(text(wave.at("data"), "status") == "created");
  const auto made = f.json("GET", "/wavespeed/api/v3/predictions/" + text(wave.at("data"), "id") + "/result");
  CHECK(text(made.at("data"), "status") == "completed");
  CHECK(f.file(made.at("data").at("outputs").at(0).as_string()).body == job_file(product::image));

  const auto at_once = f.json("POST", "/novita/v3/hf/wan", prompt, "x-job: 0\r\n");
  CHECK(f.file(text(at_once.at("video"), "video_url")).body == job_file(product::video));
  const auto later = f.json("POST", "/novita/v3/hf/wan", prompt, "x-job: 1\r\n");
  const auto at = "/novita/v3/async/task-result?task_id=" + text(later, "task_id");
  CHECK(text(f.json("GET", at).at("task"), "status") == "TASK_STATUS_QUEUED");
  CHECK(text(f.json("GET", at).at("videos").at(0), "video_url").ends_with(".mp4"));

  const auto video = f.json("POST", "/v2/videos", R"({"model":"m"})", "x-job: 0\r\n");
  CHECK(text(video, "status") == "completed");

  const auto image =
      f.json("POST", "/api/paas/v4/async/images/generations", R"({"model":"m","prompt":"p"})", "x-job: 1\r\n");
  CHECK(text(image, "task_status") == "PROCESSING");
  f.json("GET", "/api/paas/v4/async-result/" + text(image, "id"));
  CHECK(text(f.json("GET", "/api/paas/v4/async-result/" + text(image, "id")), "task_status") == "SUCCESS");
  CHECK(text(f.json("POST", "/api/paas/v4/layout_parsing", R"({"model":"m","file":"data:,"})"), "md_results")
            .starts_with("#"));
}

TEST_CASE("a cancelled job is shown as cancelled, and a finished one is not") {
  jobs_fixture f;
  const std::string never = "x-job: 1h\r\n";
  f.json("POST", "/fal-ai/fal-ai/wan?_subdomain=queue", prompt, never);
  CHECK(f.call("PUT", "/fal-ai/fal-ai/wan/requests/simjob-1/cancel?_subdomain=queue").status == 202);
  CHECK(f.state(0) == "cancelled");
  f.json("POST", "/v1/models/o/n/predictions", R"({"input":{}})", never);
  CHECK(text(f.json("POST", "/v1/predictions/simjob-2/cancel"), "status") == "canceled");
  CHECK(f.state(1) == "cancelled");
  f.json("POST", "/api/v3/o/n", prompt, never);
  f.json("DELETE", "/api/v3/predictions/simjob-3");
  CHECK(f.state(2) == "cancelled");
  f.json("POST", "/fal-ai/fal-ai/wan?_subdomain=queue", prompt, "x-job: 0s\r\n");
  CHECK(f.call("PUT", "/fal-ai/fal-ai/wan/requests/simjob-4/cancel?_subdomain=queue").status == 400);
  CHECK(f.state(3) == "done");
}

TEST_CASE("jobs fail, never end, get lost, and refuse polls as specified") {
  jobs_fixture f;
  const auto begin = [&f](std::string_view fault) {
    return text(f.json("POST", "/v1/models/o/n/predictions", R"({"input":{}})",
                       "x-job: 0\r\nx-fault: " + std::string(fault) + "\r\n"),
                "id");
  };
  const auto poll = [&f](const std::string& id) { return f.call("GET", "/v1/predictions/" + id); };
  auto r = poll(begin("job-fails"));
  CHECK(text(r.as_json(), "status") == "failed");
  CHECK(text(r.as_json(), "error") == job_failure_words);
  CHECK(text(poll(begin("job-never-ends")).as_json(), "status") == "processing");
  CHECK(poll(begin("job-lost")).status == 404);
  const auto busy = begin("poll-503=1");
  CHECK(poll(busy).status == 503);
  CHECK(poll(busy).status == 200);
  r = poll(begin("poll-429"));
  CHECK(r.status == 429);
  CHECK(r.headers.at("retry-after-ms") == "50");
}

TEST_CASE("files break off, are missing, or are large as specified") {
  jobs_fixture f;
  const auto made = [&f](std::string_view fault) {
    const auto r = f.json("POST", "/fal-ai/fal-ai/flux", prompt, "x-fault: " + std::string(fault) + "\r\n");
    return f.file(text(r.at("images").at(0), "url"));
  };
  const auto cut = made("download-cut=50");
  CHECK_FALSE(cut.complete);
  CHECK(cut.body.size() == 50);
  CHECK(made("download-missing").status == 404);
  CHECK(made("download-large=5000").body.size() == 5000);
}

TEST_CASE("a request that is not valid for a job is refused with a message") {
  jobs_fixture f;
  CHECK(f.call("POST", "/fal-ai/fal-ai/wan?_subdomain=queue", "no json").status == 400);
  CHECK(f.call("POST", "/fal-ai/fal-ai/wan?_subdomain=queue", prompt, "x-job: soon\r\n").status == 400);
  CHECK(f.call("GET", "/v1/predictions/simjob-77").status == 404);
}

TEST_CASE("a server drops its oldest job rather than grow forever") {
  job_store store;
  for (int i = 0; i < 1500; ++i)
    store.begin(job());
  CHECK(store.list(wall_time()).size() == 1000);
  CHECK_FALSE(store.find("simjob-500"));
  CHECK(store.find("simjob-1500"));
}
