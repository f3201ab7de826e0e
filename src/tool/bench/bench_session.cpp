#include "tool/bench/bench_session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <utility>

#include <weir/core/error.hpp>

#include "codec/json/json.hpp"
#include "sim/server/server.hpp"
#include "tool/output/output.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;
namespace json = codec::json;

namespace {

constexpr auto look_every = std::chrono::milliseconds(100);

// Every stream has a connection, and a descriptor: as many as this process may have.
void raise_descriptors() noexcept {
  rlimit r{};
  if (::getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
    r.rlim_cur = r.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &r);
  }
}

// What must live as long as the target that measures weir itself.
class own_floor {
public:
  explicit own_floor(sim::settings how) : server(std::move(how)) {}
  sim::server_thread server;
  std::unique_ptr<client> by;
};

double seconds(duration d) noexcept { return std::chrono::duration<double>(d).count(); }

void set(json::object& to, const char* name, const std::optional<duration>& value) {
  if (value)
    to[name] = seconds(*value);
}

std::string line_of(const bench_call& c, const std::string& target) {
  json::object o;
  o["target"] = target;
  o["meant"] = seconds(c.meant);
  set(o, "sent", c.sent);
  set(o, "first_byte", c.first_byte);
  set(o, "first_content", c.first_content);
  set(o, "first_output", c.first_output);
  set(o, "last_content", c.last_content);
  o["ended"] = seconds(c.ended);
  o["outcome"] = name_of(c.outcome);
  if (c.failure)
    o["failure"] = c.failure.describe();
  o["input_tokens"] = c.input_tokens;
  o["cached_tokens"] = c.cached_tokens;
  o["output_tokens"] = c.output_tokens;
  if (c.warm_up)
    o["warm_up"] = true;
  return codec::to_text(o) + '\n';
}

} // namespace

// The lines of --save-calls.
class bench_session::calls_file {
public:
  explicit calls_file(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "we")) {
    if (!file_)
      throw error(errc::not_saved, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  calls_file(const calls_file&) = delete;
  calls_file& operator=(const calls_file&) = delete;
  ~calls_file() { close(); }

  void add(const std::string& line) {
    if (std::fwrite(line.data(), 1, line.size(), file_) != line.size() && number_ == 0)
      number_ = errno;
  }
  /// \throws weir::error errc::not_saved if a line could not be written.
  void finish() {
    if (std::fflush(file_) != 0 && number_ == 0)
      number_ = errno;
    if (number_ != 0)
      throw error(errc::not_saved, fmt::format("{} is not complete: {}", path_, std::strerror(number_)));
  }

private:
  void close() noexcept { std::fclose(file_); }

  const std::string path_;
  std::FILE* file_;
  int number_ = 0; // errno of the first failure
};

bench_session::bench_session(const bench_arguments& args, std::string command)
    : args_(args), plan_(args.plan()), targets_(args.targets()), display_(args.common.quiet) {
  (void)args.checks();
  (void)args.exports();
  if (targets_.size() > 1 && (args.finds_peak() || !args.multiples().empty()))
    throw error(errc::invalid_argument, "--find-peak and --peak are about one target: leave --target out");
  plan_.command(std::move(command));
  raise_descriptors();
  for (const auto& t : targets_)
    clients_.push_back(std::make_unique<client>(t.settings));
  plan_.prices(targets_.front().settings.prices());
  if (!args.calls.empty()) {
    calls_ = std::make_unique<calls_file>(args.calls);
    plan_.each([this](const bench_call& c) { calls_->add(line_of(c, targets_[c.target].name)); });
  }
  plan_.progress([this](const bench_progress& p) { display_.show(p); });
  if (args.measures_floor())
    plan_.floor([this](const bench_result& measured) { return floor_for(measured); });
}

bench_session::~bench_session() = default;

// A server in this process that does what the target was seen to do.
std::optional<bench_floor> bench_session::floor_for(const bench_result& measured) {
  if (measured.succeeded() == 0 || signals::wants_end() != 0)
    return std::nullopt;
  const auto& ttft = measured.times(bench_metric::ttft_sent);
  const auto& gap = measured.times(bench_metric::chunk_gap);
  const auto tokens = static_cast<double>(gap.count()) / static_cast<double>(measured.succeeded()) + 1;
  sim::settings how;
  how.tls = targets_.front().settings.base_url().starts_with("https") || targets_.front().settings.base_url().empty();
  how.first_token = ttft.at(0.5);
  how.gap = gap.at(0.5);
  how.tokens = static_cast<std::uint64_t>(tokens);
  const auto floor = std::make_shared<own_floor>(std::move(how));
  auto settings = weir::options().base_url(floor->server.url()).model("floor").proxy("none");
  if (!floor->server.ca_file().empty())
    settings.ca_file(floor->server.ca_file());
  floor->by = std::make_unique<client>(bench_client_options(std::move(settings)));
  return bench_floor(bench_target("weir itself", *floor->by)).ttft(ttft.at(0.5)).gap(gap.at(0.5)).keeps(floor);
}

asio::awaitable<void> bench_session::measure() {
  auto reading = args_.prompts();
  const auto prompts = co_await std::move(reading);
  std::vector<bench_target> all;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    bench_target t(targets_[i].name, *clients_[i]);
    all.push_back(std::move(t));
  }
  const auto rates = args_.multiples();
  auto running = !rates.empty()       ? try_bench_rates(all.front(), *prompts, plan_, rates, stop_)
                 : args_.finds_peak() ? find_bench_peak(all.front(), *prompts, plan_, stop_)
                                      : run_bench(all, *prompts, plan_, stop_);
  auto result = co_await std::move(running);
  made_.emplace(std::move(result));
}

void bench_session::tick() {
  if (signals::wants_end() == 0 || told_stop_)
    return;
  told_stop_ = true;
  stop_.stop();
  display_.say("weir: ending the run; its report has what was measured");
}

bench_result bench_session::run() {
  signals::watch();
  signals::finish_first();
  std::exception_ptr failed;
  bool ended = false;
  asio::steady_timer timer(io_);
  asio::co_spawn(io_, measure(), [&](std::exception_ptr e) {
    failed = e;
    ended = true;
    timer.cancel();
  });
  std::function<void()> look = [&] {
    timer.expires_after(look_every);
    timer.async_wait([&](error_code ec) {
      if (ec || ended)
        return;
      tick();
      look();
    });
  };
  look();
  while (!ended)
    io_.run_one();
  display_.clear();
  for (const auto& c : clients_)
    c->close();
  if (failed)
    std::rethrow_exception(failed);
  if (calls_)
    calls_->finish();
  return *made_;
}

} // namespace weir::inline v0::cli
