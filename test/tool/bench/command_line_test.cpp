// A command line in a report.
#include "tool/bench/command_line.hpp"

#include <doctest/doctest.h>

using namespace weir;

using words = std::vector<std::string>;

TEST_CASE("a command line is shown as a shell takes it") {
  CHECK(cli::shown_command(words{"/usr/bin/weir", "bench", "--slo", "ttft<500ms", "Why?"}) ==
        "weir bench --slo 'ttft<500ms' 'Why?'");
}

TEST_CASE("what may be a secret is not shown, however it is written") {
  CHECK(cli::shown_command(words{"weir", "bench", "--header", "x-key: s3cret", "--rate", "2"}) ==
        "weir bench --header ... --rate 2");
  CHECK(cli::shown_command(words{"weir", "bench", "--header=x-key: s3cret", "Why"}) == "weir bench --header=... Why");
  CHECK(cli::shown_command(words{"weir", "bench", "--query", "key=s3cret", "--proxy", "http://u:s3cret@p"}) ==
        "weir bench --query ... --proxy ...");
  CHECK(cli::shown_command(words{"weir", "bench", "--header", "--proxy", "x"}) == "weir bench --header ... x");
}

TEST_CASE("vllm's --header takes several values: all of them are hidden") {
  CHECK(cli::shown_command(words{"weir", "bench", "--vllm-flags", "--header", "a=s3cret", "b=s3cret", "--model",
                                 "m"}) == "weir bench --vllm-flags --header ... ... --model m");
  CHECK(cli::shown_command(words{"weir", "bench", "--vllm-flags", "--header=a=s3cret", "b=s3cret"}) ==
        "weir bench --vllm-flags --header=... ...");
}
