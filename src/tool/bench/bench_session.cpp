#include "tool/bench/bench_session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>
#include <exception>
#include <utility>

#include <weir/core/error.hpp>

#include "bench/engine/books.hpp"
#include "sim/server/server.hpp"
#include "tool/output/output.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

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

} // namespace

bench_session::bench_session(const bench_arguments& args, std::string command)
    : args_(args), plan_(args.plan()), targets_(args.targets()), display_(args.common.quiet) {
  plan_.command(std::move(command));
  raise_descriptors();
  for (const auto& t : targets_)
    clients_.push_back(std::make_unique<client>(t.settings));
  plan_.prices(targets_.front().settings.prices());
  bench_engine::check(targets(), plan_);
  plan_.each([this](const bench_call& c) { keep(c); });
  plan_.progress([this](bench_progress p) {
    // The only one needs no name beside the figures.
    if (targets_.size() == 1)
      p.target.clear();
    display_.show(p);
  });
  if (args.measures_floor())
    plan_.floor([this](const bench_result& measured) { return floor_for(measured); });
}

bench_session::~bench_session() = default;

void bench_session::keep(const bench_call& c) {
  if (calls_)
    calls_->add(c, targets_[c.target].name);
  if (c.outcome == outcome::complete || c.outcome == outcome::length) {
    any_succeeded_ = true;
  } else if (c.outcome != outcome::cancelled && failed_++ == 0) {
    first_failure_ = c.failure;
    first_failed_ = targets_[c.target].name;
  }
}

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

std::vector<bench_target> bench_session::targets() const {
  std::vector<bench_target> all;
  for (std::size_t i = 0; i < targets_.size(); ++i)
    all.emplace_back(targets_[i].name, *clients_[i]);
  return all;
}

asio::awaitable<void> bench_session::read_prompts() {
  auto reading = args_.prompts();
  const auto prompts = co_await std::move(reading);
}

void bench_session::check_prompts() {
  std::exception_ptr failed;
  asio::co_spawn(io_, read_prompts(), [&failed](std::exception_ptr e) { failed = e; });
  io_.run();
  io_.restart();
  if (failed)
    std::rethrow_exception(failed);
}

asio::awaitable<void> bench_session::measure() {
  auto reading = args_.prompts();
  const auto prompts = co_await std::move(reading);
  const auto all = targets();
  const auto rates = args_.multiples();
  auto running = !rates.empty()       ? try_bench_rates(all.front(), *prompts, plan_, rates, stop_)
                 : args_.finds_peak() ? find_bench_peak(all.front(), *prompts, plan_, stop_)
                                      : run_bench(all, *prompts, plan_, stop_);
  auto result = co_await std::move(running);
  made_.emplace(std::move(result));
}

void bench_session::tick() {
  if (signals::take_report_request())
    display_.tell_now();
  if (signals::wants_end() == 0 || told_stop_)
    return;
  told_stop_ = true;
  stop_.stop();
  display_.say("weir: ending the run; its report has what was measured");
}

bench_result bench_session::run() {
  if (!args_.calls.empty())
    calls_ = std::make_unique<calls_file>(args_.calls);
  signals::watch();
  signals::finish_first();
  signals::report_on_request();
  std::exception_ptr failed;
  bool ended = false;
  asio::steady_timer timer(io_);
  asio::co_spawn(io_, measure(), [&](std::exception_ptr e) {
    failed = e;
    ended = true;
    timer.cancel();
    io_.stop();
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
  // Not one handler after the other: what Asio allocates for them is kept as long as run() lasts.
  while (!ended)
    io_.run();
  io_.restart();
  display_.clear();
  for (const auto& c : clients_)
    c->close();
  if (failed)
    std::rethrow_exception(failed);
  if (!any_succeeded_ && failed_ > 0 && signals::wants_end() == 0) {
    finish_calls();
    throw error(failure(first_failure_)
                    .message(fmt::format("{} answered none of {} calls: {}", first_failed_, failed_,
                                         first_failure_.message())));
  }
  return *made_;
}

void bench_session::finish_calls() {
  if (calls_)
    calls_->finish();
}

} // namespace weir::inline v0::cli
