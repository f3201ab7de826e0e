// The prompts that the arguments of weir bench ask for.
#include "tool/bench/bench_arguments.hpp"

#include <fmt/format.h>

#include <utility>

#include "tool/arguments/option_values.hpp"
#include "tool/arguments/task_arguments.hpp"
#include "tool/arguments/text_input.hpp"
#include "tool/bench/option_times.hpp"
#include "tool/bench/shaped_prompts.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

bench_length length_in(std::string_view option, const std::string& text) {
  return value_of(option, [&text] { return parse_bench_length(text); });
}

} // namespace

std::uint64_t bench_arguments::output_limit() const {
  const auto length = length_in("--output-tokens", output_tokens_);
  if (length.what() != bench_length::kind::fixed)
    refuse_value("--output-tokens", "one number with --data or a PROMPT: only made-up prompts vary it", output_tokens_);
  return static_cast<std::uint64_t>(length.a());
}

asio::awaitable<std::unique_ptr<bench_prompts>> bench_arguments::prompts() const {
  const auto shaped = chat_.make();
  if (!prompt_.empty()) {
    auto ask = shaped;
    ask.user(read_text(prompt_));
    if (!output_tokens_.empty())
      ask.max_tokens(static_cast<std::int64_t>(output_limit()));
    std::vector<batch_item::request_type> one;
    one.emplace_back(std::move(ask));
    co_return bench_prompts_of(std::move(one));
  }
  if (data_.empty())
    co_return shaped_prompts(made_up(), shaped);
  auto reading = open_bench_data(data());
  auto read = co_await std::move(reading);
  co_return shaped_prompts(std::move(read), shaped);
}

bench_data bench_arguments::data() const {
  batch_input in;
  for (const auto& path : data_)
    in.path(path);
  if (!format_.empty())
    in.format(value_of("--data-format", [this] { return find_batch_format(format_); }));
  in.prompt(template_.empty() ? template_ : read_text(template_)).media(media_);
  if (!task_.empty())
    in.task(task_of(task_));
  bench_data all(std::move(in));
  all.shuffle(shuffle_).ignore_eos(ignore_eos_);
  if (!output_tokens_.empty())
    all.output_tokens(output_limit());
  if (const auto t = time_of("--from", from_))
    all.from(*t);
  if (const auto t = time_of("--to", to_))
    all.to(*t);
  if (all.to() <= all.from())
    throw error(errc::invalid_argument, "--to must be later than --from");
  return all;
}

std::unique_ptr<bench_prompts> bench_arguments::made_up() const {
  synthetic_prompts made;
  if (!input_.empty())
    made.input(length_in("--input-tokens", input_));
  if (!output_tokens_.empty())
    made.output(length_in("--output-tokens", output_tokens_));
  if (!turns_.empty())
    made.turns(length_in("--turns", turns_));
  if (prefixes_ > 1 && prefix_ == 0)
    throw error(errc::invalid_argument, "--prefixes needs --prefix-tokens above 0: it says how long they are");
  made.shared_prefix(prefix_).prefixes(prefixes_).seed(seed()).ignore_eos(ignore_eos_);
  made.think(time_of("--think", think_).value_or(duration()));
  if (made.think() > std::chrono::hours(24))
    refuse_value("--think", "a time of at most 24h", think_);
  return value_of(turns_.empty() ? "made-up prompts" : "--turns",
                  [&made] { return make_synthetic_prompts(std::move(made)); });
}

} // namespace weir::inline v0::cli
