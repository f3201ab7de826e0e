// policies [CALLS]
//
// The cost of the default stack of policies: CALLS calls (default 300,000) go through it to a handler that
// answers at once, with streams of few and of many events, and the same calls go to that handler
// alone. No network, no encoding. Prints, in microseconds and nanoseconds of CPU time:
//     layers=… us/call=… (alone … us/call) ns/event=… (alone … ns/event)
// and what a ledger in a file (beside the program's working directory, deleted afterwards) with prices and two budgets
// adds to the default stack:
//     spend us/call=… ns/event=…
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include <weir/cost.hpp>

#include "client/policies.hpp"

namespace asio = boost::asio;

namespace {

double cpu() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

/// A source of tokens without I/O.
class tokens final : public weir::reply::source {
public:
  tokens(std::shared_ptr<const weir::attempt> a, int count) : attempt_(std::move(a)), left_(count) {
    usage_.units.set(weir::usage_unit::input_text, 1000);
    usage_.units.set(weir::usage_unit::output_text, 100);
  }
  asio::awaitable<std::optional<weir::event>> next() override {
    if (left_ == 0) {
      end_by({});
      co_return std::nullopt;
    }
    --left_;
    tell_first_token();
    co_return weir::event(weir::event::kind::text, "a");
  }
  asio::awaitable<bool> ready() override { co_return left_ != 0; }
  void end_by(weir::errc) noexcept override { tell_end(); }
  weir::outcome outcome() const noexcept override { return weir::outcome::complete; }
  const weir::failure& failure() const noexcept override { return failure_; }
  const weir::usage& usage() const noexcept override { return usage_; }
  const std::string& finish_reason() const noexcept override { return reason_; }
  const weir::answer_info& info() const noexcept override { return info_; }
  const weir::attempt& attempt() const noexcept override { return *attempt_; }

private:
  std::shared_ptr<const weir::attempt> attempt_;
  int left_;
  weir::failure failure_;
  weir::usage usage_;
  std::string reason_;
  weir::answer_info info_;
};

class instant final : public weir::handler {
public:
  explicit instant(int events) : events_(events) {}
  asio::awaitable<weir::reply> operator()(weir::call& c) override {
    if (!c.attempt)
      weir::begin_attempt(c, c.begun);
    c.attempt->sent = weir::duration(1);
    c.attempt->status = 200;
    co_return weir::reply(std::make_shared<tokens>(c.attempt, events_));
  }

private:
  int events_;
};

class anything final : public weir::operation {
public:
  std::string_view name() const noexcept override { return "chat"; }
  weir::token_estimate tokens() const override {
    weir::token_estimate e;
    e.prompt = 10;
    e.completion = 100;
    return e;
  }
};

asio::awaitable<void> drive(weir::handler_ptr top, int calls) {
  const auto in = weir::scope_of(co_await asio::this_coro::executor);
  const auto& clock = weir::time_of(in->inner());
  const auto ask = std::make_shared<anything>();
  const auto to = weir::target("groq/llama-3.3-70b-versatile");
  for (int i = 0; i < calls; ++i) {
    weir::call c(ask, to, in, clock.now());
    auto r = co_await (*top)(c);
    while (auto e = co_await r.next())
      ;
  }
}

double seconds_for(const weir::handler_ptr& top, int calls) {
  asio::io_context io(1);
  asio::co_spawn(weir::executor(weir::scope::root(io.get_executor())), drive(top, calls), [](std::exception_ptr e) {
    if (e)
      std::rethrow_exception(e);
  });
  const double begin = cpu();
  io.run();
  return cpu() - begin;
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

weir::options with_spend(const std::string& path) {
  auto prices = std::make_shared<weir::price_book>();
  prices->add(weir::parse_prices(
      R"({"prices":[{"provider":"groq","model":"llama-3.3-70b-versatile","input":"0.59","output":"0.79"}]})", "own"));
  std::vector<weir::budget> all;
  all.push_back(weir::budget("day").max_cost(*weir::money::parse("1000000")).per_day());
  all.push_back(weir::budget("keys").max_tokens(std::uint64_t{1} << 50).per_hour().each(weir::spend_part::key));
  return weir::options()
      .prices(std::move(prices))
      .ledger(weir::open_ledger(path))
      .budgets(std::make_shared<weir::budgets>(std::move(all)));
}

} // namespace

int main(int argc, char** argv) {
  constexpr int rounds = 5, many = 200;
  const int calls = argc > 1 ? std::atoi(argv[1]) : 300'000;
  const weir::options options;
  const weir::shared_policies shared(options);
  const auto layers = shared.layers(options);
  const std::string path = "weir-benchmark-ledger.jsonl";
  const auto spend_options = with_spend(path);
  const auto spend_layers = weir::shared_policies(spend_options).layers(spend_options);
  std::vector<double> call_with, call_alone, event_with, event_alone, call_spend, event_spend;
  for (int round = 0; round < rounds; ++round) {
    const auto one = std::make_shared<instant>(1), long_one = std::make_shared<instant>(many);
    const double n = calls / rounds;
    call_alone.push_back(seconds_for(one, calls / rounds) / n);
    call_with.push_back(seconds_for(weir::stack_layers(layers, one), calls / rounds) / n);
    const int fewer = calls / rounds / 50;
    event_alone.push_back(seconds_for(long_one, fewer) / (static_cast<double>(fewer) * many));
    event_with.push_back(seconds_for(weir::stack_layers(layers, long_one), fewer) /
                         (static_cast<double>(fewer) * many));
    call_spend.push_back(seconds_for(weir::stack_layers(spend_layers, one), calls / rounds) / n);
    event_spend.push_back(seconds_for(weir::stack_layers(spend_layers, long_one), fewer) /
                          (static_cast<double>(fewer) * many));
  }
  std::remove(path.c_str());
  std::printf("layers=%zu us/call=%.3f (alone %.3f) ns/event=%.1f (alone %.1f)\n", layers.size(),
              median(call_with) * 1e6, median(call_alone) * 1e6, median(event_with) * 1e9, median(event_alone) * 1e9);
  std::printf("spend us/call=%.3f ns/event=%.1f\n", (median(call_spend) - median(call_with)) * 1e6,
              (median(event_spend) - median(event_with)) * 1e9);
}
