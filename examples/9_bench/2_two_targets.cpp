// Is the new server faster than the old one? They take turns, so that whatever else changes meanwhile strikes both.
#include <weir/bench.hpp>
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

using namespace std::chrono_literals;

boost::asio::awaitable<void> compare(weir::client& before, weir::client& after) {
  auto prompts = weir::make_synthetic_prompts(weir::synthetic_prompts().input(200).output(40));
  std::vector<weir::bench_target> targets;
  targets.emplace_back("before", before);
  targets.emplace_back("after", after);
  auto plan = weir::bench_options().load(weir::bench_load::at_once(4)).length(4s).turn(400ms).warm_up(200ms);
  auto result = co_await weir::run_bench(targets, *prompts, plan);
  std::cout << result.text(); // or html(), json()
}

int main(int argc, char** argv) {
  const auto common = weir::bench_client_options(weir::from_environment().model("openai/gpt-oss-120b"));
  auto old_server = common, new_server = common;
  if (argc > 3) {
    old_server.base_url(argv[1]).ca_file(argv[2]);
    new_server.base_url(argv[3]).ca_file(argv[2]);
  }
  boost::asio::io_context io;
  weir::client before(old_server), after(new_server);
  boost::asio::co_spawn(io, compare(before, after), [](std::exception_ptr failed) {
    if (failed)
      std::rethrow_exception(failed);
  });
  io.run();
}
