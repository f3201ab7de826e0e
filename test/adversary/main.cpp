// Calls of the whole client against a server that corrupts its responses, ended by the caller at any moment.
//
//     adversary [--runs N] [--seed FIRST]
//
// Whatever arrives: no sanitizer report, no wait past the deadline, no token that was not sent, no success of a
// truncated answer, and nothing left behind. A call that goes wrong prints the command that replays it.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include <weir/weir.hpp>

#include "adversary/plan.hpp"
#include "adversary/server.hpp"

namespace weir::inline v0::adversary {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

// How much a loaded machine, or a sanitizer, may add to a deadline.
constexpr auto patience = 10s;
constexpr std::size_t at_once = 32;

class tally {
public:
  tally() = default;
  std::uint64_t runs = 0, failed = 0;
  std::map<std::string, std::uint64_t> outcomes;
};

// One call, as its caller saw it.
class seen {
public:
  seen(std::uint64_t seed, const std::string& url) : what(seed, url) {}
  plan what;
  std::string text;
  std::string outcome = "not ended";
  bool complete = false;
  steady::duration took{};
};

// An answer that may never end runs into a timeout: a short one.
bool in_haste(const plan& p) { return p.hasty || p.impatient(); }
duration deadline_of(const plan& p) { return in_haste(p) ? duration(800ms) : duration(30s); }
std::string client_of(const plan& p) {
  return p.dialect + (in_haste(p) ? " in haste " : " ") + std::to_string(static_cast<int>(p.with));
}

options settings(const plan& p, const std::string& url) {
  const bool task = p.dialect == "embeddings" || p.dialect == "image" || p.dialect == "speech";
  const bool openai = task || p.dialect == "openai" || p.dialect == "completions";
  auto o = options().model("m").proxy("none").deadline(deadline_of(p));
  if (p.dialect != "hub")
    o.provider(openai ? "openai" : p.dialect == "job" ? "fal-ai" : p.dialect).base_url(openai ? url + "/v1" : url);
  credentials keys;
  keys.default_key(secret("key-canary0123"));
  o.credentials(keys);
  if (in_haste(p))
    o.first_token_timeout(400ms).inter_token_timeout(200ms);
  o.retry(retry().attempts(p.with == layers::few ? 1 : 2)).breaker(breaker().enabled(p.with == layers::guarded));
  if (p.with == layers::hedged)
    o.hedge(hedge().after(2ms).max_extra_load(1));
  if (p.with == layers::limited)
    o.concurrency(concurrency().limit(4));
  return o;
}

asio::awaitable<reply> open(client& c, const plan& p) {
  if (p.dialect == "completions" || p.dialect == "tgi")
    return c.stream(text_generation("m").prompt(prompt_of(p.seed)));
  auto ask = chat("m").user(prompt_of(p.seed)).keep_raw(p.seed % 3 == 0);
  return c.stream(std::move(ask));
}

// A response that is not streamed is there completely or not at all.
asio::awaitable<void> read_task(client& c, std::shared_ptr<seen> s) {
  const auto& p = s->what;
  const auto words = prompt_of(p.seed);
  if (p.dialect == "embeddings") {
    const auto got = co_await c.run(feature_extraction("m").text(words));
    for (const auto v : got.values) {
      char number[32];
      std::snprintf(number, sizeof(number), "%.2f ", static_cast<double>(v));
      s->text += number;
    }
  } else if (p.dialect == "hub") {
    const auto got = co_await c.models(model_query(words).from_hub(true));
    for (const auto& m : got)
      s->text += m.id + ' ';
  } else if (p.dialect == "speech") {
    s->text = (co_await c.run(text_to_speech("m").text(words).voice("v"))).first().bytes;
  } else if (p.dialect == "image") {
    s->text = (co_await c.run(text_to_image("m").prompt(words))).first().bytes;
  } else {
    auto job = co_await c.submit(text_to_video("m").prompt(words));
    for (std::size_t events = 0; co_await job.next(); ++events)
      if (p.how == plan::ending::drop && events == p.drop_after) {
        s->outcome = "dropped";
        co_return;
      }
    s->text = (co_await job.result()).first().bytes;
  }
  s->complete = true;
  s->outcome = "complete";
}

asio::awaitable<void> read(client& c, std::shared_ptr<seen> s) {
  const auto& p = s->what;
  if (!p.streamed && p.dialect != "openai") {
    co_await read_task(c, s);
    co_return;
  }
  if (!p.streamed) {
    const auto whole = co_await c.chat(chat("m").user(prompt_of(p.seed)));
    s->text = whole.text();
    s->complete = whole.outcome == outcome::complete;
    s->outcome = name_of(whole.outcome);
    co_return;
  }
  auto r = co_await open(c, p);
  std::size_t events = 0;
  while (auto e = co_await r.next()) {
    s->text += e->text();
    if (p.how == plan::ending::drop && events++ == p.drop_after) {
      s->outcome = "dropped";
      co_return;
    }
  }
  s->complete = r.outcome() == outcome::complete;
  s->outcome = name_of(r.outcome());
}

asio::awaitable<void> fail_after(duration d) {
  co_await sleep_for(d);
  throw error(errc::cancelled, "a sibling failed");
}

// Ends the call in one of the ways.
asio::awaitable<void> ended(client& c, std::shared_ptr<seen> s) {
  if (s->what.how == plan::ending::within) {
    co_await within(s->what.limit, read(c, s));
  } else if (s->what.how == plan::ending::nested) {
    co_await within(s->what.limit, within(s->what.limit, within(30s, read(c, s))));
  } else if (s->what.how == plan::ending::sibling) {
    group both;
    both.spawn(read(c, s));
    both.spawn(fail_after(s->what.limit));
    co_await both.join();
  } else {
    co_await read(c, s);
  }
}

asio::awaitable<void> call(std::map<std::string, client>& clients, std::shared_ptr<seen> s) {
  const auto begin = steady::now();
  try {
    co_await ended(clients.at(client_of(s->what)), s);
  } catch (const error& e) {
    s->outcome = name_of(static_cast<errc>(e.code().value()));
  } catch (const std::exception& e) {
    s->outcome = std::string("a foreign exception: ") + e.what();
  }
  s->took = steady::now() - begin;
}

std::string verdict(const seen& s) {
  const auto& p = s.what;
  // No limit is set, so none may be reported.
  if (s.outcome.starts_with("a foreign") || s.outcome == "not ended" || s.outcome == "limit_reached")
    return "it is " + s.outcome;
  if (s.took > deadline_of(p) + patience)
    return "it took " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(s.took).count()) + " ms";
  if (p.intact && !p.truth.starts_with(s.text))
    return "the text is \"" + s.text + "\", of \"" + p.truth + "\"";
  if (p.cut && s.complete)
    return "it is complete, but was truncated";
  if (p.intact && s.complete && s.text != p.truth)
    return "it is complete, and the text is \"" + s.text + "\", of \"" + p.truth + "\"";
  // A hasty call may be late, or get a connection on which an earlier answer still goes on.
  const bool left_alone = p.how == plan::ending::none && p.story.find("cut") == std::string::npos && !in_haste(p) &&
                          s.outcome != "circuit_open";
  if (p.intact && left_alone && !s.complete)
    return "it is " + s.outcome + ", but nothing was wrong";
  return {};
}

std::ptrdiff_t open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

void wrong(tally& sum, std::uint64_t seed, std::uint64_t runs, const std::string& why) {
  ++sum.failed;
  std::printf("%s\n  replay: adversary --runs %llu --seed %llu\n", why.c_str(), static_cast<unsigned long long>(runs),
              static_cast<unsigned long long>(seed));
}

// Some calls at once, on a context of their own. Every seventh batch loses its context halfway.
void batch(const server& at, std::uint64_t first, std::uint64_t count, tally& sum) {
  const auto scopes = scope::live();
  const auto files = open_files() - at.open();
  std::vector<std::shared_ptr<seen>> all;
  for (std::uint64_t i = 0; i < count; ++i)
    all.push_back(std::make_shared<seen>(first + i, at.url()));
  const bool destroyed = count > 1 && first % 7 == 0;
  std::string left;
  {
    // Declared as in a main function: the clients outlive their context.
    std::map<std::string, client> clients;
    asio::io_context io(1);
    for (const auto& s : all)
      clients.try_emplace(client_of(s->what), settings(s->what, at.url()));
    group calls(executor(scope::root(io.get_executor())), at_once);
    for (const auto& s : all)
      calls.spawn(call(clients, s));
    // Work that the pool continues on its own, such as dials that nothing awaits any more, is not waited for.
    const auto until = steady::now() + (destroyed ? duration(15ms) : duration(60s));
    while (steady::now() < until && (destroyed || calls.size() != 0) && io.run_one_until(until) != 0)
      ;
    // Cancelling jobs takes a while.
    const auto quiet = [&clients] {
      return std::all_of(clients.begin(), clients.end(), [](const auto& c) {
        const auto n = c.second.pool();
        return n.leased + n.waiting == 0;
      });
    };
    const auto enough = steady::now() + 10s;
    while (!destroyed && !quiet() && steady::now() < enough && io.run_one_until(enough) != 0)
      ;
    if (!destroyed)
      for (const auto& [name, c] : clients) {
        const auto n = c.pool();
        if (n.leased + n.waiting != 0)
          left = name + " has " + std::to_string(n.leased) + " connections leased and " + std::to_string(n.waiting) +
                 " waited for";
      }
  }
  sum.runs += count;
  if (!left.empty())
    wrong(sum, first, count, left);
  if (scope::live() != scopes)
    wrong(sum, first, count, std::to_string(scope::live() - scopes) + " scopes are left");
  for (int i = 0; i < 500 && at.open() != 0; ++i)
    std::this_thread::sleep_for(10ms);
  if (at.open() != 0 || open_files() > files)
    wrong(sum, first, count, "sockets are left open");
  if (destroyed)
    return;
  for (const auto& s : all) {
    ++sum.outcomes[s->outcome];
    if (const auto why = verdict(*s); !why.empty())
      wrong(sum, s->what.seed, 1, s->what.story + ": " + why);
  }
}

} // namespace
} // namespace weir::inline v0::adversary

int main(int argc, char** argv) {
  using namespace weir::adversary;
  std::uint64_t runs = 2000, first = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name != "--runs" && name != "--seed") {
      std::fprintf(stderr, "adversary: unknown option %s\n", argv[i]);
      return 2;
    }
    (name == "--runs" ? runs : first) = std::strtoull(argv[i + 1], nullptr, 10);
  }
  const server at;
  ::setenv("HF_ENDPOINT", at.url().c_str(), 1);
  tally sum;
  constexpr std::uint64_t most = 50;
  for (std::uint64_t done = 0; done < runs && sum.failed < 10;) {
    const auto count = std::min(most, runs - done);
    batch(at, first + done, count, sum);
    done += count;
  }
  std::printf("%llu calls:", static_cast<unsigned long long>(sum.runs));
  for (const auto& [name, n] : sum.outcomes)
    std::printf(" %s %llu", name.c_str(), static_cast<unsigned long long>(n));
  std::printf("; %llu wrong\n", static_cast<unsigned long long>(sum.failed));
  return sum.failed == 0 ? 0 : 1;
}
