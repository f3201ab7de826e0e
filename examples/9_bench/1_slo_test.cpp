// A load test in a program's own suite: what users of a target are promised holds under the load that is expected.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <weir/bench.hpp>
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

using namespace std::chrono_literals;

// Retries and the like would hide what the target does.
static weir::options target = weir::bench_client_options(weir::from_environment().model("openai/gpt-oss-120b"));

static weir::bench_result measured(weir::bench_options plan) {
  boost::asio::io_context io;
  weir::client client(target);
  auto prompts = weir::make_synthetic_prompts(weir::synthetic_prompts().input(200).output(40));
  auto run = weir::run_bench(weir::bench_target("staging", client), *prompts, std::move(plan));
  auto result = boost::asio::co_spawn(io, std::move(run), boost::asio::use_future);
  io.run();
  return result.get();
}

TEST_CASE("twenty new questions a second are answered in time") {
  const auto result = measured(weir::bench_options()
                                   .load(weir::bench_load::rate(20).poisson())
                                   .length(3s)
                                   .warm_up(500ms)
                                   .objectives(weir::parse_slos("ttft<500ms,e2e<5s")));
  INFO(result.text());
  if (!result.valid()) {
    MESSAGE("this machine was too busy to measure: nothing is known");
    return;
  }
  CHECK(result.good_share() >= 0.99);
  const auto ttft = result.at(weir::bench_metric::ttft, 0.5); // empty with too few calls to claim it
  REQUIRE(ttft);
  CHECK(*ttft < 200ms);
}

int main(int argc, char** argv) {
  if (argc > 1)
    target.base_url(argv[1]).ca_file(argc > 2 ? argv[2] : "");
  return doctest::Context().run();
}
