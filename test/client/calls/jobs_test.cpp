// Jobs over real sockets, against the simulated providers.
#include "client/support.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <filesystem>
#include <optional>
#include <sstream>

#include <weir/core/group.hpp>
#include <weir/task/hub/audio_tasks.hpp>
#include <weir/task/hub/vision_tasks.hpp>

#include "codec/json/json.hpp"
#include "sim/server/server.hpp"
#include "sim/tasks/jobs.hpp"

using namespace weir;
using namespace weir::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* key = "vendor-canary-0123";

class house {
public:
  explicit house(bool tls = false) : server(how(tls)) {}

  /// At a vendor's routes below its prefix; `length` and `fault` go out as the simulation's headers.
  options at(const std::string& vendor, const char* length = "0", const char* fault = "") {
    credentials keys;
    keys.default_key(secret(key));
    auto o =
        options().provider(vendor).base_url(server.url() + '/' + vendor).ca_file(server.ca_file()).credentials(keys);
    o.header("x-job", length);
    if (*fault)
      o.header("x-fault", fault);
    return o;
  }
  /// The jobs at the simulation, in a connection of its own.
  codec::json::value jobs() {
    boost::asio::ip::tcp::iostream line("127.0.0.1", std::to_string(server.port()));
    line << "GET /sim/jobs HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n" << std::flush;
    std::stringstream all;
    all << line.rdbuf();
    const auto text = all.str();
    error_code ec;
    auto v = codec::parse_json(std::string_view(text).substr(text.find("\r\n\r\n") + 4), ec);
    REQUIRE_FALSE(ec);
    return v;
  }
  std::string state(std::size_t i = 0) {
    const auto all = jobs();
    return all.as_array().size() > i ? std::string(codec::string_at(all.at(i), "state").value()) : "none";
  }

  sim::server_thread server;

private:
  static sim::settings how(bool tls) {
    sim::settings s;
    s.tls = tls;
    s.key = key;
    return s;
  }
};

void play(std::function<asio::awaitable<void>()> body) {
  asio::io_context io(1);
  const backoff soon(1ms, 20ms);
  asio::co_spawn(executor(scope::root(io.get_executor())), within(30s, with_backoff(soon, body())),
                 [](std::exception_ptr e) {
                   if (e)
                     std::rethrow_exception(e);
                 });
  io.run();
}

/// Nothing is under way any more, except for a moment the request that cancels an abandoned job.
asio::awaitable<void> check_clean(client& c) {
  const auto busy = [&c] {
    const auto p = c.pool();
    return p.leased + p.connecting + p.waiting;
  };
  for (int i = 0; i < 300 && busy() != 0; ++i)
    co_await sleep_for(10ms);
  CHECK(busy() == 0);
}

/// The bytes of a run's result.
template <class Task>
asio::awaitable<void> gives(options o, Task ask, std::string wanted) {
  const std::string what(name_of(ask.what()));
  INFO(what);
  client c(std::move(o));
  auto made = co_await c.run(std::move(ask));
  INFO(what);
  if constexpr (std::is_same_v<decltype(made), media_result>)
    CHECK(made.first().bytes == wanted);
  else if constexpr (std::is_same_v<decltype(made), transcription>)
    CHECK(made.text == wanted);
  else if constexpr (std::is_same_v<decltype(made), audio_tracks>)
    CHECK(made.tracks.at(0).sound.bytes == wanted);
  else if constexpr (std::is_same_v<decltype(made), segmentation>)
    CHECK(made.segments.at(0).mask.bytes == wanted);
  else
    CHECK(made.text() == wanted);
  co_await check_clean(c);
}

class end_of_run {
public:
  end_of_run() = default;
  error_code code;
  std::string words;
  std::size_t size = 0;
};

asio::awaitable<void> run(options o, text_to_video ask, end_of_run& out) {
  client c(std::move(o));
  try {
    const auto made = co_await c.run(std::move(ask));
    out.size = made.first().bytes.size();
  } catch (const error& e) {
    out.code = e.code();
    out.words = e.failure().describe();
  }
  co_await check_clean(c);
}

end_of_run run(options o, text_to_video ask = text_to_video("org/wan-video").prompt("a weir")) {
  end_of_run out;
  play([&]() -> asio::awaitable<void> { co_await run(std::move(o), std::move(ask), out); });
  CHECK(out.words.find(key) == std::string::npos);
  return out;
}

} // namespace

TEST_CASE("every vendor's jobs deliver their results over real sockets") {
  house h;
  const auto png = sim::job_file(sim::product::image), wav = sim::job_file(sim::product::sound),
             mp4 = sim::job_file(sim::product::video);
  const auto picture = media(png);
  const auto sound = media(wav);
  const auto text = [] { return text_to_video("org/wan-video").prompt("a weir"); };
  play([&]() -> asio::awaitable<void> {
    group all;
    all.spawn(gives(h.at("fal-ai", "1"), text(), mp4));
    all.spawn(gives(h.at("fal-ai", "1"), image_to_video("fal-ai/wan/i2v").image(picture), mp4));
    all.spawn(gives(h.at("fal-ai", "1"), image_text_to_video("fal-ai/wan/i2v").image(picture).prompt("run"), mp4));
    all.spawn(gives(h.at("fal-ai", "1"), image_to_image("fal-ai/flux/edit").image(picture).prompt("red"), png));
    all.spawn(gives(h.at("fal-ai", "1"), image_text_to_image("fal-ai/flux/edit").prompt("red"), png));
    all.spawn(gives(h.at("fal-ai", "1"), image_segmentation("fal-ai/evf").image(picture), png));
    all.spawn(gives(h.at("fal-ai", "1"), text_to_audio("fal-ai/audio").prompt("rain"), wav));
    all.spawn(gives(h.at("fal-ai", "1"), audio_to_audio("fal-ai/clean").audio(sound), wav));
    all.spawn(gives(h.at("fal-ai"), text_to_image("fal-ai/flux").prompt("a weir"), png));
    all.spawn(gives(h.at("fal-ai"), text_to_speech("fal-ai/kokoro").text("hello"), wav));
    all.spawn(gives(h.at("fal-ai"), automatic_speech_recognition("fal-ai/whisper").audio(sound),
                    std::string(sim::job_words)));
    all.spawn(gives(h.at("replicate"), text_to_image("o/n").prompt("a weir"), png));
    all.spawn(gives(h.at("replicate"), text_to_image("o/n:v").prompt("a weir"), png));
    all.spawn(gives(h.at("replicate"), image_to_image("o/n").image(picture), png));
    all.spawn(gives(h.at("replicate"), text_to_speech("o/n").text("hello"), wav));
    all.spawn(gives(h.at("replicate"), automatic_speech_recognition("o/n").audio(sound), std::string(sim::job_words)));
    all.spawn(gives(h.at("replicate", "10ms"), text(), mp4));
    all.spawn(gives(h.at("wavespeed", "1"), text(), mp4));
    all.spawn(gives(h.at("wavespeed", "1"), text_to_image("org/flux").prompt("a weir"), png));
    all.spawn(gives(h.at("wavespeed", "1"), image_to_image("org/flux").image(picture), png));
    all.spawn(gives(h.at("wavespeed", "1"), image_text_to_image("org/flux").prompt("red"), png));
    all.spawn(gives(h.at("wavespeed", "1"), image_to_video("org/i2v").image(picture), mp4));
    all.spawn(gives(h.at("wavespeed", "1"), image_text_to_video("org/i2v").prompt("run"), mp4));
    all.spawn(gives(h.at("novita", "1"), text(), mp4));
    all.spawn(gives(h.at("novita"), text(), mp4));
    all.spawn(gives(h.at("together", "10ms"), text(), mp4));
    all.spawn(gives(h.at("together"), image_to_video("org/wan").image(picture), mp4));
    all.spawn(gives(h.at("zai-org"), text_to_image("cogview").prompt("a weir"), png));
    all.spawn(gives(h.at("zai-org"), image_to_text("glm-ocr").image(picture), "# A simulated page\n"));
    co_await all.join();
  });
  const auto jobs = h.jobs();
  CHECK(jobs.as_array().size() == 28); // and a text that was read at once
  for (const auto& j : jobs.as_array())
    CHECK(codec::string_at(j, "state").value() == "done");
}

TEST_CASE("a job over TLS reports its progress") {
  house h(true);
  std::string stages;
  std::size_t size = 0;
  play([&]() -> asio::awaitable<void> {
    client c(h.at("fal-ai", "2"));
    auto job = co_await c.submit(text_to_video("fal-ai/wan").prompt("a weir"));
    for (;;) {
      const auto p = co_await job.next();
      if (!p)
        break;
      stages += std::string(name_of(p->at)) + ' ';
    }
    const auto made = co_await job.result();
    size = made.first().bytes.size();
    co_await check_clean(c);
  });
  CHECK(stages.starts_with("submitted queued running "));
  CHECK(size == sim::job_file(sim::product::video).size());
}

TEST_CASE("an abandoned job is cancelled at the provider, however it was abandoned") {
  enum class way { deadline, cancelled, dropped };
  for (const auto* vendor : {"fal-ai", "replicate", "wavespeed"})
    for (const auto how : {way::deadline, way::cancelled, way::dropped}) {
      CAPTURE(vendor);
      CAPTURE(static_cast<int>(how));
      house h;
      if (how == way::deadline)
        CHECK(run(h.at(vendor, "1h").deadline(300ms)).code == errc::deadline_exceeded);
      else
        play([&]() -> asio::awaitable<void> {
          client c(h.at(vendor, "1h"));
          std::optional job(co_await c.submit(text_to_video("org/wan-video").prompt("a weir")));
          if (how == way::cancelled)
            job->cancel();
          else
            job.reset();
          co_await sleep_for(50ms);
          co_await check_clean(c);
        });
      CHECK(h.state() == "cancelled");
      CHECK(h.jobs().as_array().size() == 1);
    }
}

TEST_CASE("each fault of a job is one clear error, and no job is submitted twice") {
  class row {
  public:
    const char *vendor, *fault;
    errc wanted;
    const char *words, *left;
  };
  const row rows[] = {
      {"fal-ai", "job-fails", errc::bad_request, "Simulated failure of the job", "failed"},
      {"wavespeed", "job-fails", errc::in_band_error, "Simulated failure of the job", "failed"},
      {"novita", "job-fails", errc::in_band_error, "Simulated failure of the job", "failed"},
      {"replicate", "job-fails", errc::in_band_error, "Simulated failure of the job", "failed"},
      {"wavespeed", "job-lost", errc::not_found, "No such job", "done"},
      {"fal-ai", "job-lost", errc::not_found, "No such job", "done"},
      {"fal-ai", "job-never-ends", errc::deadline_exceeded, "simjob-1", "cancelled"},
      {"fal-ai", "download-cut=50", errc::truncated, "broke off after 50 bytes", "done"},
      {"fal-ai", "download-missing", errc::not_found, "404", "done"},
      {"fal-ai", "download-large=300000", errc::response_too_large, "larger than the limit of 100000 bytes", "done"},
      {"wavespeed", "hang-up", errc::connection_lost, "", "none"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.vendor);
    CAPTURE(r.fault);
    house h;
    auto how = h.at(r.vendor, "0", r.fault).retry(retry().attempts(2));
    if (r.wanted == errc::deadline_exceeded)
      how.deadline(1200ms);
    const auto got = run(how, text_to_video("org/wan-video").prompt("a weir").max_bytes(100'000));
    CHECK(got.code == r.wanted);
    CAPTURE(got.words);
    CHECK(got.words.find(r.words) != std::string::npos);
    CHECK(h.state() == r.left);
    CHECK(h.jobs().as_array().size() <= 1);
  }
}

TEST_CASE("polls that are refused for a while are repeated") {
  for (const auto* fault : {"poll-503=2", "poll-429=2"}) {
    CAPTURE(fault);
    house h;
    const auto got = run(h.at("fal-ai", "0", fault));
    CHECK(got.code == error_code());
    CHECK(got.size == sim::job_file(sim::product::video).size());
    CHECK(h.jobs().as_array().size() == 1);
  }
}

TEST_CASE("a truncated download leaves no file") {
  const auto folder = fs::temp_directory_path() / "weir-jobs-test";
  fs::remove_all(folder);
  fs::create_directories(folder);
  const auto path = (folder / "video.mp4").string();
  house h;
  const auto ask = [&] { return text_to_video("org/wan-video").prompt("a weir").save_to(path); };
  CHECK(run(h.at("novita", "0", "download-cut=300"), ask()).code == errc::truncated);
  CHECK(fs::is_empty(folder));
  CHECK(run(h.at("novita"), ask()).code == error_code());
  CHECK(fs::file_size(path) == sim::job_file(sim::product::video).size());
  fs::remove_all(folder);
}
