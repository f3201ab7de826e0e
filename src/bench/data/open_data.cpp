// Files of prompts.
#include <utility>

#include <weir/bench/prompts.hpp>
#include <weir/core/error.hpp>

#include "bench/data/gatherer.hpp"
#include "bench/data/length.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

void check(const bench_data& o) {
  if (o.input().paths().empty())
    throw error(errc::invalid_argument, "there are no data: name a file, or - for standard input");
  if (o.limit() == 0)
    throw error(errc::invalid_argument, "the limit of rows is at least 1");
  if (o.input().prefix_window() > 0)
    throw error(errc::invalid_argument, "prompts of a benchmark are not put in the order of their prefixes");
  if (o.output_tokens() > data::longest)
    throw error(errc::invalid_argument, "the limit of an answer is at most 1,000,000 tokens");
  if (o.from() < duration() || o.to() <= o.from())
    throw error(errc::invalid_argument, "a part by time begins at 0 or later, and ends after it begins");
}

} // namespace

asio::awaitable<std::unique_ptr<bench_prompts>> open_bench_data(bench_data o) {
  check(o);
  const auto most = o.limit();
  const auto opened = std::make_shared<const input::opened_input>(o.input());
  data::gatherer found(std::move(o), opened);
  input::input_source source(opened, false);
  source.reshape([&found](input::row& r) { found.look_at(r); });
  for (;;) {
    auto item = co_await source.next();
    if (!item)
      break;
    if (found.rows() == most) {
      found.stop();
      break;
    }
    found.add(*std::move(item), source.input_number(), source.line());
  }
  co_return std::move(found).prompts();
}

} // namespace weir::inline v0
