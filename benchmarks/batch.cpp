// batch URL [--cacert FILE] [--items N] [--in-flight N] [--rounds N] [--dir DIR] [--only MODE] [--rate N]
//
// What a job costs beside the bare client: N chats (default 20,000) of 200 bytes, IN-FLIGHT at a time (default 64), on
// one server that answers at once. Three modes in turn, ROUNDS times (default 5): `bare` is weir::map over the
// client, `job` a batch, `journal` a batch whose results are synced to a journal in DIR (default /tmp). With --rate,
// items come at so many a second, and not as fast as they are taken; then there is no `bare`. Prints the medians of
// items a second, the ratios to bare, CPU time, the median of the rounds' ratios of journal to job, and the largest
// resident size so far:
//     bare items/s=… us/item=…  job items/s=… ratio=…  journal items/s=… ratio=…  journal/job=… maxrss_kb=…
#include <weir/batch.hpp>
#include <weir/core/map.hpp>
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace {

class settings {
public:
  settings() = default;
  std::string url, ca, dir = "/tmp", only;
  int items = 20'000, in_flight = 64, rounds = 5, rate = 0;
};

std::string id_of(int i) { return "item-" + std::to_string(i); }
weir::chat question(int i) {
  return weir::chat("benchmark").user(std::string(190, 'x') + std::to_string(i)).max_tokens(5);
}

// Makes the items as they are wanted: an input that is larger than memory.
class made final : public weir::batch_source {
public:
  made(int n, int rate) : n_(n), rate_(rate) {}
  asio::awaitable<std::optional<weir::batch_item>> next() override {
    if (at_ == n_)
      co_return std::nullopt;
    const int i = at_++;
    if (rate_ != 0) {
      const auto due = began_ + std::chrono::nanoseconds(1'000'000'000LL * i / rate_);
      if (due - std::chrono::steady_clock::now() > std::chrono::milliseconds(1)) {
        asio::steady_timer timer(co_await asio::this_coro::executor, due);
        co_await timer.async_wait(asio::use_awaitable);
      }
    }
    co_return weir::batch_item(id_of(i), question(i));
  }
  std::optional<std::uint64_t> size() const override { return n_; }

private:
  int n_, rate_, at_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

class counted final : public weir::batch_sink {
public:
  asio::awaitable<void> write(weir::batch_result r) override {
    good += r.outcome == weir::outcome::complete || r.outcome == weir::outcome::length;
    co_return;
  }
  int good = 0;
};

double cpu() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

long maxrss_kb() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  return u.ru_maxrss;
}

// Streams each answer and collects it, as a batch does.
asio::awaitable<weir::completion> ask(weir::client& client, int i) {
  auto open = co_await client.stream(question(i));
  auto all = co_await weir::collect(std::move(open));
  co_return all;
}

asio::awaitable<int> bare(weir::client& client, const settings& s) {
  std::vector<int> all;
  for (int i = 0; i < s.items; ++i)
    all.push_back(i);
  auto answers =
      weir::map(std::move(all), static_cast<std::size_t>(s.in_flight), [&client](int i) { return ask(client, i); });
  int good = 0;
  while (auto next = co_await answers.next())
    good += next->result && !next->result->failure;
  co_return good;
}

asio::awaitable<int> job(weir::client& client, const settings& s, std::shared_ptr<weir::journal> journal) {
  weir::batch all(
      client,
      weir::batch_options().in_flight(static_cast<std::size_t>(s.in_flight)).journal(std::move(journal)).replay(false));
  made from(s.items, s.rate);
  counted to;
  auto running = all.run(from, to);
  co_await std::move(running);
  co_return to.good;
}

class figures {
public:
  std::vector<double> rates, cpu;
  static double median(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v.empty() ? 0 : v[v.size() / 2];
  }
};

void measure(const std::string& mode, const settings& s, figures& out) {
  weir::options o;
  o.base_url(s.url).ca_file(s.ca).credentials(weir::credentials().default_key(weir::secret("sk-benchmark")));
  weir::client client(o);
  const auto file = std::filesystem::path(s.dir) / ("weir-batch-benchmark-" + std::to_string(::getpid()));
  std::filesystem::remove(file);
  asio::io_context io(1);
  const auto began = std::chrono::steady_clock::now();
  const double before = cpu();
  int good = 0;
  const auto done = [&](std::exception_ptr e, int n) {
    if (e)
      std::rethrow_exception(e);
    good = n;
    client.close();
  };
  if (mode == "bare")
    asio::co_spawn(io, bare(client, s), done);
  else
    asio::co_spawn(io, job(client, s, mode == "journal" ? weir::open_journal(file.string()) : nullptr), done);
  io.run();
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  out.rates.push_back(s.items / took);
  out.cpu.push_back((cpu() - before) / s.items * 1e6);
  std::filesystem::remove(file);
  if (good != s.items) {
    std::fprintf(stderr, "%s: only %d of %d were answered\n", mode.c_str(), good, s.items);
    std::exit(1);
  }
}

} // namespace

int main(int argc, char** argv) try {
  settings s;
  if (argc < 2) {
    std::fprintf(stderr, "usage: batch URL [--cacert FILE] [--items N] [--in-flight N] [--rounds N] [--dir DIR] "
                         "[--only MODE] [--rate N]\n");
    return 2;
  }
  s.url = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--cacert")
      s.ca = value;
    else if (name == "--items")
      s.items = std::stoi(value);
    else if (name == "--in-flight")
      s.in_flight = std::stoi(value);
    else if (name == "--rounds")
      s.rounds = std::stoi(value);
    else if (name == "--dir")
      s.dir = value;
    else if (name == "--only")
      s.only = value;
    else if (name == "--rate")
      s.rate = std::stoi(value);
  }
  std::map<std::string, figures> all;
  std::vector<std::string> modes{"job", "journal"};
  if (!s.only.empty())
    modes = {s.only};
  else if (s.rate == 0)
    modes.insert(modes.begin(), "bare");
  for (int round = 0; round < s.rounds; ++round)
    for (const auto& mode : modes)
      measure(mode, s, all[mode]);
  const double base = figures::median(all["bare"].rates);
  for (const auto& mode : modes) {
    const double rate = figures::median(all[mode].rates);
    std::printf("%s items/s=%.0f us/item=%.1f ", mode.c_str(), rate, figures::median(all[mode].cpu));
    if (mode != "bare" && base > 0)
      std::printf("ratio=%.3f ", rate / base);
    std::printf(" ");
  }
  std::vector<double> quotients;
  for (std::size_t i = 0; i < std::min(all["job"].rates.size(), all["journal"].rates.size()); ++i)
    quotients.push_back(all["journal"].rates[i] / all["job"].rates[i]);
  if (!quotients.empty())
    std::printf("journal/job=%.3f ", figures::median(quotients));
  std::printf("maxrss_kb=%ld\n", maxrss_kb());
} catch (const std::exception& e) {
  std::fprintf(stderr, "batch: %s\n", e.what());
  return 1;
}
