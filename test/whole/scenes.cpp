#include "whole/scenes.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <weir/core/time.hpp>
#include <weir/task/hub/audio_tasks.hpp>
#include <weir/task/hub/vision_tasks.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/answers.hpp"
#include "net/dial/connector.hpp"

namespace weir::inline v0::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using then = part::then;

namespace {

constexpr std::size_t large_request = 1u << 20;

// A resolver that never finds anything and never gives up.
class hanging_resolver final : public net::resolver {
public:
  asio::awaitable<net::addresses> resolve(std::string) override {
    const auto ex = co_await asio::this_coro::executor;
    auto& time = time_of(ex);
    auto start = [&](auto handler) { time.async_wait(ex, never, std::move(handler)); };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(start, asio::use_awaitable);
    co_return net::addresses();
  }
};

// A listener whose backlog is full: a new connection is not even refused.
class full_listener {
public:
  full_listener() {
    ::sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* address = reinterpret_cast<::sockaddr*>(&where);
    ::socklen_t size = sizeof(where);
    fds_[0] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(fds_[0], address, size);
    ::listen(fds_[0], 0);
    ::getsockname(fds_[0], address, &size);
    for (int i = 1; i != 4; ++i) {
      fds_[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      ::connect(fds_[i], address, size);
    }
    port_ = ntohs(where.sin_port);
  }
  ~full_listener() {
    for (const int fd : fds_)
      ::close(fd);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
  int fds_[4];
  std::uint16_t port_ = 0;
};

options bare(options o) {
  return std::move(o.retry(retry().attempts(1)).breaker(breaker().enabled(false)).rate_limit(rate_limit().gate(false)));
}

options with_key(options o, const char* key) {
  credentials keys;
  keys.default_key(secret(key));
  return std::move(o.credentials(keys));
}

std::string json(std::string_view body) { return answer(200, "application/json", body); }
std::string cut(const std::string& text, std::size_t by) { return text.substr(0, text.size() - by); }

} // namespace

std::vector<scene> scenes(const stage& at) {
  std::vector<scene> all;
  const auto plain_options = bare(options().base_url(at.url()).ca_file(at.ca_file()).http2(at.over_h2()));
  const auto add = [&](std::string name, kind what, play p) -> scene& {
    auto& s = all.emplace_back(std::move(name), what, std::move(p));
    s.how = plain_options;
    return s;
  };
  const auto once = [](std::string match, std::string bytes, then next = then::hold) {
    return play({part(std::move(match), std::move(bytes), next)});
  };

  // Before anything is sent.
  {
    auto& s = add("looking up the name", kind::stream, play());
    s.how.base_url("http://name.invalid")
        .connector(net::make_connector(
            net::connect_settings().limit(duration::max()).proxy(net::proxy_settings::none()),
            std::make_shared<hanging_resolver>(), std::make_shared<net::tls_context>(net::tls_settings())));
    s.never_arrives = true;
    static const full_listener full;
    auto& t = add("connecting", kind::stream, play());
    t.how.base_url(full.url());
    t.never_arrives = true;
  }
  add("shaking hands", kind::stream, play(play::greeting::dumb)).direct = true;
  {
    auto& s = add("sending", kind::stream, play(play::greeting::deaf));
    s.large = s.direct = true;
  }
  for (const bool tunnelled : {false, true}) {
    auto& s = add(tunnelled ? "shaking hands through a proxy" : "connecting through a proxy", kind::stream,
                  once("CONNECT", tunnelled ? "HTTP/1.1 200 OK\r\n\r\n" : ""));
    s.how.base_url("https://127.0.0.1:9").proxy(at.url());
    s.direct = true;
  }
  {
    auto& s = add("waiting for a connection", kind::stream, once("POST", ""));
    s.how.max_connections(1);
    s.connections = 1;
    s.direct = true;
  }

  // Streams.
  const auto events = chat_events({"a", "b"});
  const auto whole = streamed(events);
  add("awaiting the head", kind::stream, once("POST", "")).clock = errc::first_token_timeout;
  add("within the head", kind::stream, once("POST", stream_head.substr(0, 30))).clock = errc::first_token_timeout;
  add("within a refusal", kind::stream, once("POST", cut(answer(503, "application/json", R"({"error":"busy"})"), 3)));
  const auto reading = [&](std::string name, kind what, play p) -> scene& {
    auto& s = add(std::move(name), what, std::move(p));
    s.opened = true;
    return s;
  };
  reading("awaiting the first token", kind::stream, once("POST", stream_head)).clock = errc::first_token_timeout;
  reading("between tokens", kind::stream, once("POST", stream_head + chunk(events[0]) + chunk(events[1]))).clock =
      errc::stalled;
  reading("within an event", kind::stream,
          once("POST", stream_head + chunk(events[0]) + chunk(events[1]) + cut(chunk(events[2]), 9)))
      .clock = errc::stalled;
  reading("settling", kind::stream, once("POST", cut(whole, last_chunk.size()))).whole = true;
  {
    auto& s = add("beside a hedge", kind::stream, once("POST", ""));
    s.how.hedge(hedge().after(1ms).max_extra_load(1));
    s.connections = 2 * crowd;
  }
  for (const int status : {503, 429}) {
    auto& s = add("before another try after " + std::to_string(status), kind::stream,
                  once("POST", answer(status, "application/json", "{}", "retry-after: 30\r\n"), then::serve));
    s.how = options().base_url(at.url()).ca_file(at.ca_file()).http2(at.over_h2());
    // The gate holds the second one back where it is late.
    s.requests = status == 429 ? 1 : crowd;
    s.refusal = status == 429 ? errc::rate_limited : errc::overloaded;
  }
  const auto begun = stream_head + chunk(events[0]) + chunk(events[1]);
  const auto fallback_to = [&](std::string path, prefill how) {
    return fallback().to(target().base_url(at.url() + std::move(path)).prefill(how));
  };
  for (const bool opened : {false, true}) {
    const auto& there = opened ? begun : std::string();
    const std::string where = opened ? "between tokens " : "awaiting the head ";
    auto& s = add(
        where + "of a fallback", kind::stream,
        play({part("POST /first", answer(503, "application/json", "{}")), part("POST /second", there, then::hold)}));
    s.how.base_url(at.url() + "/first").fallback(fallback_to("/second", prefill::none));
    s.refusal = errc::overloaded;
    s.opened = opened;
    auto& t = reading(where + "of a target that resumes an answer", kind::stream,
                      play({part("POST /first", begun, then::end), part("POST /second", there, then::hold)}));
    t.how.base_url(at.url() + "/first").fallback(fallback_to("/second", prefill::message).resume_interrupted(true));
    t.direct = true; // nghttpx drops what it has of an answer that breaks off

    // Through intermediaries.
    const auto through = [&](std::string way, play p) -> scene& {
      auto& made = add(where + "through " + way, kind::stream, std::move(p));
      made.opened = opened;
      made.direct = true;
      made.clock = opened ? errc::stalled : errc::first_token_timeout;
      return made;
    };
    const auto tunnel =
        play({part("CONNECT", "HTTP/1.1 200 OK\r\n\r\n", then::relay), part("POST", there, then::hold)});
    through("a Unix socket", once("POST", there)).how.unix_socket(at.socket_path());
    through("a proxy", once("POST http://127.0.0.1:9/", there)).how.base_url("http://127.0.0.1:9").proxy(at.url());
    if (at.tls()) {
      through("a tunnel", tunnel).how.proxy(at.plain_url());
      through("a tunnel in TLS", tunnel).how.proxy(at.url());
    }
  }
  const auto announcement = answer(201, "application/json", R"({"id":"p","urls":{"stream":")" + at.url() + R"(/s"}})");
  for (const bool opened : {false, true}) {
    const auto there = opened ? stream_head + chunk("event: output\ndata: Hel\n\n") : "";
    auto& s = reading(opened ? "between tokens elsewhere" : "awaiting the head elsewhere", kind::announced,
                      play({part("POST", announcement), part("GET", there, then::hold)}));
    s.how.provider("replicate");
    s.opened = opened;
    s.clock = opened ? errc::stalled : errc::first_token_timeout;
  }

  // Responses in one piece.
  add("awaiting a response in one piece", kind::plain, once("POST", ""));
  add("within a response in one piece", kind::plain, once("POST", cut(json(chat_json("a")), 9)));
  for (const auto* bytes : {"", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"}) {
    const std::string where = *bytes ? "within " : "awaiting ";
    add(where + "a list of models", kind::models, once("GET", bytes));
    add(where + "an endpoint's info", kind::info, once("GET", bytes));
    add(where + "an endpoint's health", kind::health, once("GET", bytes));
    add(where + "an endpoint's tokens", kind::tokens, once("POST", bytes));
    auto& listed = add(where + "the next page of a list", kind::pages,
                       play({part("GET /api/models/2", bytes, then::hold),
                             part("GET", answer(200, "application/json", "[]",
                                                "link: <" + at.url() + "/api/models/2>; rel=\"next\"\r\n"))}));
    listed.how = with_key(bare(options().ca_file(at.ca_file()).http2(at.over_h2())), "hf_canary0123");
    add(where + "an input", kind::input, once("GET", bytes)).how.provider("openai");
    auto& s = add(where + "the Hub's mapping", kind::hub, once("GET", bytes));
    s.how = with_key(bare(options().provider("together").ca_file(at.ca_file()).http2(at.over_h2())), "hf_canary0123");
  }

  // Tasks that are answered at once, with a file or its URL.
  const auto picture = json(R"({"data":[{"url":")" + at.url() + R"(/picture.png"}]})");
  const auto task = [&](std::string name, std::vector<part> parts) {
    add(std::move(name), kind::task, play(std::move(parts))).how.provider("openai");
  };
  task("awaiting a task's result", {part("POST", "", then::hold)});
  task("within a task's result", {part("POST", cut(picture, 5), then::hold)});
  task("awaiting a picture", {part("POST", picture), part("GET", "", then::hold)});
  task("within a picture",
       {part("POST", picture), part("GET", cut(answer(200, "image/png", "0123456789"), 5), then::hold)});

  // Jobs.
  const std::string place = R"("request_id":"7","response_url":"https://queue.fal.run/m/requests/7"})";
  const part taken("POST", json(R"({"status":"COMPLETED",)" + place));
  const part job_cancelled("PUT", json("{}"));
  const part video("GET /m/requests", json(R"({"video":{"url":")" + at.url() + R"(/video.mp4"}})"));
  const auto job = [&](std::string name, std::vector<part> parts) -> scene& {
    parts.push_back(job_cancelled);
    auto& s = add(std::move(name), kind::job, play(std::move(parts)));
    s.how = with_key(bare(options().provider("fal-ai").base_url(at.url()).ca_file(at.ca_file()).http2(at.over_h2())),
                     "key-canary0123");
    s.opened = true;
    return s;
  };
  job("within the response to a job", {part("POST", cut(taken.bytes, 5), then::hold)}).opened = false;
  {
    auto& s = job("between two polls of a job", {part("POST", json(R"({"status":"IN_QUEUE",)" + place))});
    s.requests = crowd;
  }
  job("awaiting the state of a job", {taken, part("GET", "", then::hold)});
  job("within the state of a job", {taken, part("GET", cut(video.bytes, 5), then::hold)});
  job("awaiting a file", {taken, video, part("GET", "", then::hold)});
  const part half("GET", cut(answer(200, "video/mp4", "0123456789"), 5), then::hold);
  job("within a file", {taken, video, half});
  job("within a file that is saved", {taken, video, half}).folder = at.folder();
  for (const auto what : {kind::run_job, kind::submit}) {
    const std::string how = what == kind::submit ? " of a job that was submitted" : " of a job that is run";
    const auto whole_job = [&](std::string name, std::vector<part> parts) {
      auto& s = job(std::move(name) + how, std::move(parts));
      s.what = what;
      s.opened = false;
    };
    whole_job("awaiting the state", {taken, part("GET", "", then::hold)});
    whole_job("within the file", {taken, video, half});
  }
  return all;
}

asio::awaitable<void> open_reply(client& c, const scene& s, std::shared_ptr<held> h) {
  if (s.what == kind::job) {
    auto ask = text_to_video("m").prompt("a weir");
    if (!s.folder.empty())
      ask.save_to(s.folder + "/video.mp4");
    h->r.emplace(co_await c.submit_any(std::move(ask)));
  } else {
    std::string words(s.large ? large_request : 2, 'x');
    auto ask = chat("m").user(std::move(words));
    h->r.emplace(co_await c.stream(std::move(ask)));
  }
}

asio::awaitable<void> read_reply(std::shared_ptr<held> h) {
  while (h->r) {
    const auto e = co_await h->r->next();
    if (!e)
      co_return;
  }
}

asio::awaitable<void> make_call(client& c, const scene& s, std::shared_ptr<held> h) {
  if (!h)
    h = std::make_shared<held>();
  switch (s.what) {
  case kind::stream:
  case kind::announced:
  case kind::job:
    co_await open_reply(c, s, h);
    co_await read_reply(h);
    break;
  case kind::plain: co_await c.chat(chat("m").user("hi")); break;
  case kind::hub: co_await c.chat(chat("org/m").user("hi")); break;
  case kind::run_job: co_await c.run(text_to_video("m").prompt("a weir")); break;
  case kind::submit: {
    auto made = co_await c.submit(text_to_video("m").prompt("a weir"));
    co_await made.result();
    break;
  }
  case kind::task: co_await c.run(text_to_image("m").prompt("a weir")); break;
  case kind::models: co_await c.models(); break;
  case kind::pages: co_await c.models(model_query().from_hub(true)); break;
  case kind::health: co_await c.endpoint().health(); break;
  case kind::tokens: co_await c.endpoint().tokenize("hi"); break;
  case kind::info: co_await c.endpoint().info(); break;
  case kind::input: {
    auto ask = automatic_speech_recognition("m").audio(media::at(s.how.base_url() + "/sound.wav"));
    co_await c.run(std::move(ask));
    break;
  }
  }
}

} // namespace weir::inline v0::test
