// What the arguments of weir bench say.
#include "tool/bench/bench_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <random>

#include <weir/task/target.hpp>

#include "core/time/duration.hpp"
#include "tool/arguments/option_values.hpp"
#include "tool/arguments/task_arguments.hpp"
#include "tool/arguments/text_input.hpp"
#include "tool/bench/shaped_prompts.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

std::optional<duration> time_of(std::string_view option, const std::string& given) {
  if (given.empty())
    return std::nullopt;
  try {
    return parse_duration(given);
  } catch (const error&) {
    refuse_value(option, "a time such as 500ms, 30s or 5m", given);
  }
}

// `0.95` or `95%`.
double share_of(std::string_view option, std::string_view given) {
  const bool percent = given.ends_with('%');
  const auto n = number_in<double>(given.substr(0, given.size() - (percent ? 1 : 0)));
  const double share = n ? *n / (percent ? 100 : 1) : -1;
  if (!(share >= 0 && share <= 1))
    refuse_value(option, "a share such as 0.95 or 95%", given);
  return share;
}

double rate_of(std::string_view option, const std::string& given) {
  const auto n = number_in<double>(given);
  if (!n || !(*n > 0) || *n > 1e6)
    refuse_value(option, "requests a second, above 0 and up to 1000000", given);
  return *n;
}

} // namespace

bench_load bench_arguments::load() const {
  const int ways = !concurrency_.empty() + !rate_.empty() + (replay_ || !replay_speed_.empty());
  if (ways > 1)
    throw error(errc::invalid_argument, "--concurrency, --rate and --replay are different loads: give one of them");
  if (replay_ || !replay_speed_.empty()) {
    if (data_.empty())
      throw error(errc::invalid_argument, "--replay needs a trace: --data FILE");
    const auto speed = replay_speed_.empty() ? std::optional(1.0) : number_in<double>(replay_speed_);
    if (!speed || !(*speed > 0))
      refuse_value("--speed", "a number above 0", replay_speed_);
    return bench_load::recorded(*speed);
  }
  if (!rate_.empty() || find_peak_ || !peak_.empty()) {
    if (!rate_.empty() && (find_peak_ || !peak_.empty()))
      throw error(errc::invalid_argument, "--find-peak and --peak have rates of their own: leave --rate out");
    if (!concurrency_.empty())
      throw error(errc::invalid_argument, "--find-peak and --peak are about rates: leave --concurrency out");
    auto load = rate_.empty() ? bench_load::rate(1) : value_of("--rate", [this] { return parse_bench_load(rate_); });
    if (poisson_)
      load.poisson();
    if (!burstiness_.empty())
      load.gamma(rate_of("--burstiness", burstiness_));
    return load;
  }
  if (poisson_ || !burstiness_.empty())
    throw error(errc::invalid_argument, "--poisson and --burstiness need a --rate");
  const auto n = concurrency_.empty() ? std::optional<std::size_t>(1) : number_in<std::size_t>(concurrency_);
  if (!n || *n == 0 || *n > 100'000)
    refuse_value("--concurrency", "a number of requests from 1 to 100000", concurrency_);
  return bench_load::at_once(*n, time_of("--rise", rise_).value_or(duration()));
}

// Other prompts in each run, or the target's cache would know them. The parts of a plan have the same ones.
std::uint64_t bench_arguments::seed() const {
  if (seed_ == no_seed)
    seed_ = split_.empty() ? std::random_device()() : 0;
  return seed_;
}

std::vector<double> bench_arguments::multiples() const {
  if (peak_.empty())
    return {};
  if (find_peak_)
    throw error(errc::invalid_argument, "--peak tries known rates, --find-peak looks for one: give one of them");
  const double r = rate_of("--peak", peak_);
  return {r, 2 * r, 3 * r};
}

bench_options bench_arguments::plan() const {
  bench_options o;
  o.load(load()).requests(requests_).seed(seed()).streamed(!whole_);
  o.length(time_of("--duration", length_).value_or(duration()));
  if (!length_.empty() && o.length() == duration())
    refuse_value("--duration", "a time above 0", length_);
  if (const auto t = time_of("--warm-up", warm_up_))
    o.warm_up(*t);
  if (const auto t = time_of("--drain", drain_))
    o.drain(*t);
  o.window(time_of("--window", window_).value_or(duration()));
  o.turn(time_of("--turn", turn_).value_or(duration()));
  if (!slo_.empty())
    o.objectives(value_of("--slo", [this] { return parse_slos(slo_); }));
  if (!good_share_.empty())
    o.good_share(share_of("--good-share", good_share_));
  if (!first_rate_.empty())
    o.first_rate(rate_of("--first-rate", first_rate_));
  if (!most_rate_.empty())
    o.most_rate(rate_of("--max-rate", most_rate_));
  if (!cancel_.empty()) {
    const auto colon = cancel_.find(':');
    if (colon == std::string::npos)
      refuse_value("--cancel", "SHARE:TIME, such as 5%:2s", cancel_);
    o.cancel(share_of("--cancel", std::string_view(cancel_).substr(0, colon)),
             time_of("--cancel", cancel_.substr(colon + 1)).value_or(duration()));
  }
  if (!split_.empty()) {
    const auto slash = std::min(split_.find('/'), split_.size());
    const auto k = number_in<unsigned>(std::string_view(split_).substr(0, slash));
    const auto n =
        slash < split_.size() ? number_in<unsigned>(std::string_view(split_).substr(slash + 1)) : std::nullopt;
    if (!k || !n || *k == 0 || *k > *n)
      refuse_value("--split", "K/N with K from 1 to N, such as 2/8", split_);
    o.part(*k, *n);
  }
  return o;
}

std::vector<named_target> bench_arguments::targets() const {
  std::vector<named_target> all;
  const auto settings = common.make();
  const auto wanted = [this](weir::options o) { return keep_policies_ ? o : bench_client_options(std::move(o)); };
  for (const auto& given : targets_) {
    named_target t;
    t.settings = settings;
    const auto sign = given.find('=');
    const bool named = sign != std::string::npos && given.find_first_of("/:") > sign;
    const auto place = named ? given.substr(sign + 1) : given;
    t.name = named ? given.substr(0, sign) : given;
    if (place.empty() || t.name.empty())
      refuse_value("--target", "PROVIDER/MODEL or a URL, with NAME= before it or without", given);
    if (place.find("://") != std::string::npos)
      t.settings.base_url(place);
    else {
      const target to(place);
      t.settings.provider(to.provider()).base_url({});
      if (!to.model().empty())
        t.settings.model(to.model());
    }
    t.settings = wanted(std::move(t.settings));
    for (const auto& other : all)
      if (other.name == t.name)
        throw error(errc::invalid_argument, fmt::format("two targets have the name {}: give them NAME=", t.name));
    all.push_back(std::move(t));
  }
  if (!all.empty())
    return all;
  named_target t;
  t.name = !settings.base_url().empty() ? settings.base_url() : settings.provider();
  if (!settings.model().empty())
    t.name += "/" + settings.model();
  t.settings = wanted(settings);
  all.push_back(std::move(t));
  return all;
}

asio::awaitable<std::unique_ptr<bench_prompts>> bench_arguments::prompts() const {
  const auto shaped = chat_.make();
  const auto length_in = [](std::string_view option, const std::string& text) {
    return value_of(option, [&] { return parse_bench_length(text); });
  };
  if (!prompt_.empty()) {
    if (!data_.empty())
      throw error(errc::invalid_argument, "a prompt and --data are two ways to say what to ask: give one of them");
    auto ask = shaped;
    ask.user(read_text(prompt_));
    if (!output_tokens_.empty())
      ask.max_tokens(static_cast<std::int64_t>(length_in("--output-tokens", output_tokens_).a()));
    std::vector<batch_item::request_type> one;
    one.emplace_back(std::move(ask));
    co_return bench_prompts_of(std::move(one));
  }
  if (!data_.empty()) {
    batch_input in;
    for (const auto& path : data_)
      in.path(path);
    if (!format_.empty())
      in.format(find_batch_format(format_));
    in.prompt(template_.empty() ? template_ : read_text(template_)).media(media_);
    if (!task_.empty())
      in.task(task_of(task_));
    bench_data data(std::move(in));
    data.shuffle(shuffle_).ignore_eos(ignore_eos_);
    if (!output_tokens_.empty())
      data.output_tokens(static_cast<std::uint64_t>(length_in("--output-tokens", output_tokens_).a()));
    if (const auto t = time_of("--from", from_))
      data.from(*t);
    if (const auto t = time_of("--to", to_))
      data.to(*t);
    auto reading = open_bench_data(std::move(data));
    auto read = co_await std::move(reading);
    co_return shaped_prompts(std::move(read), shaped);
  }
  if (!task_.empty() || !template_.empty())
    throw error(errc::invalid_argument, "--task and --template need --data FILE");
  synthetic_prompts made;
  if (!input_.empty())
    made.input(length_in("--input-tokens", input_));
  if (!output_tokens_.empty())
    made.output(length_in("--output-tokens", output_tokens_));
  if (!turns_.empty())
    made.turns(length_in("--turns", turns_));
  made.shared_prefix(prefix_).prefixes(prefixes_).seed(seed()).ignore_eos(ignore_eos_);
  made.think(time_of("--think", think_).value_or(duration()));
  co_return shaped_prompts(make_synthetic_prompts(std::move(made)), shaped);
}

std::vector<bench_check> bench_arguments::checks() const {
  std::vector<bench_check> all;
  for (const auto& text : fail_if_)
    all.push_back(value_of("--fail-if", [&text] { return bench_check(text); }));
  return all;
}

std::vector<std::pair<std::string, std::string>> bench_arguments::exports() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& given : exports_) {
    const auto sign = std::min(given.find('='), given.size());
    const auto form = given.substr(0, sign);
    if ((form != "vllm" && form != "aiperf") || sign + 1 >= given.size())
      refuse_value("--export", "vllm=FILE or aiperf=FILE", given);
    all.emplace_back(form, given.substr(sign + 1));
  }
  return all;
}

} // namespace weir::inline v0::cli
