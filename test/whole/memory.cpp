// Complete calls under memory shortage: for each allocation of each call, one run in which that one fails.
//
//     out_of_memory [--only NAME] [--from ALLOCATION] [--every NUMBER]
//
// Whatever fails: no crash, no terminate, nothing left behind, and the calls end, complete or with a failure, or Asio
// throws the failure to begin an operation out of the context.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <weir/core/backoff.hpp>
#include <weir/core/group.hpp>
#include <weir/core/within.hpp>

#include "client/answers.hpp"
#include "whole/scenes.hpp"

namespace {

// Of this thread: the server has its own.
thread_local bool armed = false;
thread_local std::size_t made = 0, refused_one = 0;
// Without the coroutines' frames: if nothing else is left, no frame is.
thread_local std::ptrdiff_t live = 0;

bool refused() noexcept { return armed && ++made == refused_one; }

void* taken(std::size_t size) {
  if (void* p = refused() ? nullptr : std::malloc(size == 0 ? 1 : size)) {
    ++live;
    return p;
  }
  throw std::bad_alloc();
}

void given_back(void* p) noexcept {
  live -= p != nullptr;
  std::free(p);
}

} // namespace

void* operator new(std::size_t size) { return taken(size); }
void* operator new[](std::size_t size) { return taken(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  void* p = refused() ? nullptr : std::malloc(size);
  live += p != nullptr;
  return p;
}
void operator delete(void* p) noexcept { given_back(p); }
void operator delete[](void* p) noexcept { given_back(p); }
void operator delete(void* p, std::size_t) noexcept { given_back(p); }
void operator delete[](void* p, std::size_t) noexcept { given_back(p); }

// What Asio allocates for handlers and coroutine frames.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  void* p = nullptr;
  if (refused() || ::posix_memalign(&p, alignment < sizeof(void*) ? sizeof(void*) : alignment, size) != 0)
    return nullptr;
  return p;
}

namespace weir::inline v0::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using then = part::then;

constexpr auto patience = 5s;
constexpr std::size_t most_wrong = 20;

class outcome_of_run {
public:
  outcome_of_run() = default;
  bool done = false;
  bool failed = false;
  bool escaped = false; // by an exception out of the context
  std::size_t made = 0;
};

asio::awaitable<void> limited_call(client& c, const scene& s) {
  auto calling = weir::with_backoff(backoff(1us, 1us), make_call(c, s, nullptr));
  co_await within(30s, std::move(calling));
}

asio::awaitable<void> two_calls(client& c, const scene& s) {
  group both;
  both.spawn(limited_call(c, s));
  both.spawn(limited_call(c, s));
  co_await both.join();
}

outcome_of_run play_once(const scene& s, std::size_t k) {
  outcome_of_run out;
  auto until = steady::now() + patience;
  made = 0;
  refused_one = k;
  armed = true;
  try {
    client c(s.how);
    asio::io_context io(1);
    asio::co_spawn(io, two_calls(c, s), [&out](std::exception_ptr e) {
      out.done = true;
      out.failed = e != nullptr;
    });
    while (!out.done && steady::now() < until) {
      try {
        if (io.run_one_until(until) == 0)
          break;
      } catch (const std::bad_alloc&) {
        // Asio throws here what fails while an operation begins, and destroys the coroutines that began it.
        out.escaped = true;
        until = std::min(until, steady::now() + 1ms);
      }
    }
  } catch (const std::exception&) { // from before the calls
    out.done = out.failed = true;
  }
  armed = false;
  out.made = made;
  return out;
}

class tally {
public:
  tally() = default;
  std::size_t runs = 0, failed = 0, wrong = 0, escaped = 0;
};

// What is left of every run is lost. A spare that a thread keeps is left once.
bool leaks(const scene& s, std::size_t k, std::ptrdiff_t before) {
  if (live <= before)
    return false;
  const auto once = live;
  play_once(s, k);
  return live > once;
}

void play_all(stage& at, const scene& s, std::size_t from, std::size_t every, tally& sum) {
  at.set(s.set);
  play_once(s, 0); // makes what is made only once
  for (std::size_t k = from;; k += every) {
    const auto scopes = scope::live();
    const auto before = live;
    const auto now = play_once(s, k);
    const bool whole = now.made < k;
    ++sum.runs;
    sum.failed += now.failed;
    sum.escaped += now.escaped;
    const char* why = !now.done && !now.escaped                    ? "the calls did not end"
                      : scope::live() != scopes                    ? "scopes are left"
                      : leaks(s, k, before)                        ? "memory is left"
                      : whole && now.failed && s.refusal == errc{} ? "they failed without a reason"
                                                                   : nullptr;
    if (why) {
      ++sum.wrong;
      std::printf("%s, without allocation %zu: %s\n", s.name.c_str(), k, why);
    }
    if (whole || sum.wrong > most_wrong)
      break;
  }
  const auto until = steady::now() + patience;
  while (at.open() != 0 && steady::now() < until)
    std::this_thread::sleep_for(1ms);
  if (at.open() != 0 || !std::filesystem::is_empty(at.folder())) {
    ++sum.wrong;
    std::printf("%s: something is left open\n", s.name.c_str());
  }
}

std::vector<scene> calls(const stage& at) {
  std::vector<scene> all;
  const auto add = [&](const char* name, kind what, std::vector<part> parts) -> scene& {
    auto& s = all.emplace_back(name, what, play(std::move(parts)));
    s.how.base_url(at.url()).ca_file(at.ca_file()).retry(retry().attempts(2));
    return s;
  };
  const auto json = [](std::string_view body) { return answer(200, "application/json", body); };
  add("a stream", kind::stream, {part("POST", streamed(chat_events({"a", "b"})))});
  add("a plain answer", kind::plain, {part("POST", json(chat_json("a")))});
  add("a refusal", kind::plain, {part("POST", answer(503, "application/json", R"({"error":{"message":"busy"}})"))})
      .refusal = errc::overloaded;
  add("a hedge", kind::stream, {part("POST", streamed(chat_events({"a"})))})
      .how.hedge(hedge().after(1ms).max_extra_load(1));
  add("a fallback", kind::stream,
      {part("POST /first", answer(404, "application/json", "{}")), part("POST", streamed(chat_events({"a"})))})
      .how.base_url(at.url() + "/first")
      .fallback(fallback().to(target().base_url(at.url() + "/second")));
  add("a list of models", kind::models, {part("GET", json(R"({"data":[{"id":"m"}]})"))});
  credentials keys;
  keys.default_key(secret("key-canary0123"));
  const std::string place = R"("request_id":"7","response_url":"https://queue.fal.run/m/requests/7"})";
  add("a job", kind::run_job,
      {part("POST", json(R"({"status":"COMPLETED",)" + place)), part("PUT", json("{}")),
       part("GET /m/requests", json(R"({"video":{"url":")" + at.url() + R"(/video.mp4"}})")),
       part("GET", answer(200, "video/mp4", "0123456789"))})
      .how.provider("fal-ai")
      .credentials(keys);
  return all;
}

} // namespace
} // namespace weir::inline v0::test

int main(int argc, char** argv) {
  using namespace weir::test;
  const char* only = nullptr;
  std::size_t from = 1, every = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--only") == 0)
      only = argv[i + 1];
    else if (std::strcmp(argv[i], "--from") == 0)
      from = std::strtoull(argv[i + 1], nullptr, 10);
    else if (std::strcmp(argv[i], "--every") == 0)
      every = std::max<std::size_t>(1, std::strtoull(argv[i + 1], nullptr, 10));
  }
  tally sum;
  for (const bool tls : {false, true}) {
    stage at(tls);
    for (const auto& s : calls(at))
      if (only ? s.name == only : !tls || s.what == kind::stream)
        play_all(at, s, from, every, sum);
  }
  std::printf("%zu runs, of which %zu failed and %zu by an exception out of the context; %zu wrong\n", sum.runs,
              sum.failed, sum.escaped, sum.wrong);
  return sum.wrong == 0 ? 0 : 1;
}
