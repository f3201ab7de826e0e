#include "tool/bench/bench_arguments.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>

#include <weir/core/error.hpp>
#include <weir/task/target.hpp>

#include "core/time/duration.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/task_arguments.hpp"
#include "tool/arguments/text_input.hpp"
#include "tool/bench/shaped_prompts.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

[[noreturn]] void refuse(std::string_view option, std::string_view takes, std::string_view given) {
  throw error(errc::invalid_argument, fmt::format("{} takes {}, not '{}'", option, takes, given));
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<duration> time_of(std::string_view option, const std::string& given) {
  if (given.empty())
    return std::nullopt;
  try {
    return parse_duration(given);
  } catch (const error&) {
    refuse(option, "a time such as 500ms, 30s or 5m", given);
  }
}

// `0.95` or `95%`.
double share_of(std::string_view option, std::string_view given) {
  const bool percent = given.ends_with('%');
  const auto n = number<double>(given.substr(0, given.size() - (percent ? 1 : 0)));
  const double share = n ? *n / (percent ? 100 : 1) : -1;
  if (!(share >= 0 && share <= 1))
    refuse(option, "a share such as 0.95 or 95%", given);
  return share;
}

double rate_of(std::string_view option, const std::string& given) {
  const auto n = number<double>(given);
  if (!n || !(*n > 0) || *n > 1e6)
    refuse(option, "requests a second, above 0 and up to 1000000", given);
  return *n;
}

// What an option's text is refused for, with the option's name.
template <class F>
auto of_option(std::string_view option, F read) {
  try {
    return read();
  } catch (const error& e) {
    throw error(errc::invalid_argument, fmt::format("{}: {}", option, e.failure().message()));
  }
}

} // namespace

void bench_arguments::add_to(CLI::App& command) {
  add_load_to(command);
  add_prompts_to(command);
  chat_.add_to(command);
  add_results_to(command);
  repeatable(never_empty(command.add_option("--target", targets_,
                                            "Compare several, in turns: PROVIDER/MODEL or URL, with a name of your "
                                            "own or without (repeatable)")))
      ->type_name("[NAME=]TARGET")
      ->group("Target");
  command
      .add_flag("--with-policies", keep_policies_,
                "Keep retries, fallbacks, hedges, circuits and the cache of the configuration (default: all off, "
                "since they hide what the target does)")
      ->group("Failures");
  command
      .add_flag_callback(
          "--vllm-flags",
          [] {
            throw error(errc::invalid_argument, "--vllm-flags is for the command line of weir bench, before the flags");
          },
          "Read everything after it as flags of vllm bench serve, for scripts that have them")
      ->group("Load");
  common.add_to_job(command);
  common.add_cost_to(command);
}

void bench_arguments::add_load_to(CLI::App& command) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* description) {
    return never_empty(command.add_option(name, value, description))->type_name(type)->group("Load");
  };
  add("-c,--concurrency", concurrency_, "N", "So many requests in flight, each followed by the next (default: 1)");
  add("--rise", rise_, "TIME", "Let them begin one by one over this time");
  add("-r,--rate", rate_, "RATE",
      "So many requests a second, whatever the target does; or a profile: 10..100/60s,100/30s, with ,repeat again");
  command.add_flag("--poisson", poisson_, "Space them as independent users do")->group("Load");
  add("--burstiness", burstiness_, "B", "Space them by a Gamma distribution: below 1 burstier than --poisson");
  command.add_flag("--replay", replay_, "Start requests when the trace of --data says")->group("Load");
  add("--speed", replay_speed_, "X", "The same, X times as fast");
  add("-d,--duration", length_, "TIME", "How long (default: 30s, or as the load or --requests say)");
  whole_number(add("-n,--requests", requests_, "N", "How many requests"), 1, std::numeric_limits<std::int64_t>::max());
  add("--warm-up", warm_up_, "TIME", "At the beginning, not counted (default: a tenth of --duration, at most 10s)");
  add("--drain", drain_, "TIME", "How long to wait for answers at the end (default: 30s)");
  add("--window", window_, "TIME", "How often to judge and to tell (default: 1s)");
  add("--turn", turn_, "TIME", "How long each of several targets takes before the next one's turn");
  add("--cancel", cancel_, "SHARE:TIME", "Cancel this share of the requests so long after sending: 5%:2s");
  add("--split", split_, "K/N", "Do part K of N of this load: for N machines; weir bench merge joins them");
  whole_number(add("--load-seed", seed_, "N", "Another choice of what is left to chance (default: 0)"), 0,
               std::numeric_limits<std::int64_t>::max());

  const auto peak = [&command](const char* name, auto& value, const char* type, const char* description) {
    return never_empty(command.add_option(name, value, description))->type_name(type)->group("Breaking point");
  };
  command.add_flag("--find-peak", find_peak_, "Look for the greatest rate that the target keeps up with")
      ->group("Breaking point");
  peak("--first-rate", first_rate_, "RATE", "Begin the search with (default: 1)");
  peak("--max-rate", most_rate_, "RATE", "And go no further than");
  peak("--peak", peak_, "RATE", "Try one, two and three times the rate that you expect");
  peak("--slo", slo_, "LIMITS", "What makes an answer good: 'ttft<500ms,e2e<10s'; metrics: docs/bench.md");
  peak("--good-share", good_share_, "SHARE", "How many answers must be good (default: 95%)");
}

void bench_arguments::add_prompts_to(CLI::App& command) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* description) {
    return never_empty(command.add_option(name, value, description))->type_name(type)->group("Prompts");
  };
  command.add_option("PROMPT", prompt_, "One prompt for every request, or @FILE (default: made up, each different)");
  repeatable(add("--data", data_, "FILE",
                 "Prompts: whatever weir batch reads, ShareGPT, AIPerf; traces of Mooncake, Bailian, BurstGPT, Azure"));
  add("--data-format", format_, "F", "jsonl, json, csv, tsv, text or files (default: by the name, or the first line)");
  add("--template", template_, "TEXT", "The prompt of each row, or @FILE: 'Summarise: {{text}}'");
  add("--task", task_, "TASK", "What to ask, as weir run has it (default: chats)");
  add("--media", media_, "COLUMN", "The column that names an image or audio");
  whole_number(add("--shuffle", shuffle_, "SEED", "Take them in another order"), 1,
               std::numeric_limits<std::int64_t>::max());
  add("--from", from_, "TIME", "Of a trace: leave out what is before");
  add("--to", to_, "TIME", "Of a trace: leave out what is after");
  add("--input-tokens", input_, "LENGTH", "Of made-up prompts: 512, 100..200, normal(512,64) or lognormal(512,0.5)");
  add("--output-tokens", output_tokens_, "LENGTH", "Of answers, as a limit (default: 128 of made-up prompts)");
  whole_number(add("--prefix-tokens", prefix_, "N", "Of made-up prompts: further tokens that they share"), 0,
               1'000'000);
  whole_number(add("--prefixes", prefixes_, "N", "Of made-up prompts: how many such beginnings (default: 1)"), 1,
               1'000'000);
  add("--turns", turns_, "LENGTH", "Of made-up prompts: turns of a conversation (default: 1)");
  add("--think", think_, "TIME", "Of made-up prompts: between turns, on average");
  command
      .add_flag("--ignore-eos", ignore_eos_,
                "Ask for answers as long as --output-tokens or a trace says; vLLM, SGLang and some others can")
      ->group("Prompts");
}

void bench_arguments::add_files_to(CLI::App& command) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* description) {
    return never_empty(command.add_option(name, value, description))->type_name(type)->group("Results");
  };
  add("--report", report, "FILE", "Write a page for a browser: all in one file");
  add("-o,--output", output, "FILE", "Write everything as JSON, for weir bench merge, report and --baseline");
  add("--csv", csv, "FILE", "Write the metrics as a table");
  repeatable(add("--export", exports_, "vllm|aiperf=FILE", "Write what other tools read (repeatable)"));
  add("--baseline", baseline, "FILE", "An earlier result, for --fail-if");
  repeatable(add("--fail-if", fail_if_, "CHECK",
                 "End with code 10 if so: 'ttft.p95 > 1.1x' of the baseline, 'ttft.p95 > 500ms', 'failures > 1%'"));
}

void bench_arguments::add_results_to(CLI::App& command) {
  add_files_to(command);
  never_empty(command.add_option("--save-calls", calls, "Write each call as a line of JSON"))
      ->type_name("FILE")
      ->group("Results");
  command.add_flag("--no-floor", no_floor_, "Do not measure what weir itself adds, after the run")->group("Results");
  command.add_flag("--no-stream", whole_, "Ask for answers in one piece")->group("Load");
}

bench_load bench_arguments::load() const {
  const int ways = !concurrency_.empty() + !rate_.empty() + (replay_ || !replay_speed_.empty());
  if (ways > 1)
    throw error(errc::invalid_argument, "--concurrency, --rate and --replay are different loads: give one of them");
  if (replay_ || !replay_speed_.empty()) {
    if (data_.empty())
      throw error(errc::invalid_argument, "--replay needs a trace: --data FILE");
    const auto speed = replay_speed_.empty() ? std::optional(1.0) : number<double>(replay_speed_);
    if (!speed || !(*speed > 0))
      refuse("--speed", "a number above 0", replay_speed_);
    return bench_load::recorded(*speed);
  }
  if (!rate_.empty() || find_peak_ || !peak_.empty()) {
    if (!rate_.empty() && (find_peak_ || !peak_.empty()))
      throw error(errc::invalid_argument, "--find-peak and --peak have rates of their own: leave --rate out");
    if (!concurrency_.empty())
      throw error(errc::invalid_argument, "--find-peak and --peak are about rates: leave --concurrency out");
    auto load = rate_.empty() ? bench_load::rate(1) : of_option("--rate", [this] { return parse_bench_load(rate_); });
    if (poisson_)
      load.poisson();
    if (!burstiness_.empty())
      load.gamma(rate_of("--burstiness", burstiness_));
    return load;
  }
  if (poisson_ || !burstiness_.empty())
    throw error(errc::invalid_argument, "--poisson and --burstiness need a --rate");
  const auto n = concurrency_.empty() ? std::optional<std::size_t>(1) : number<std::size_t>(concurrency_);
  if (!n || *n == 0 || *n > 100'000)
    refuse("--concurrency", "a number of requests from 1 to 100000", concurrency_);
  return bench_load::at_once(*n, time_of("--rise", rise_).value_or(duration()));
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
  o.load(load()).requests(requests_).seed(seed_).streamed(!whole_);
  o.length(time_of("--duration", length_).value_or(duration()));
  if (!length_.empty() && o.length() == duration())
    refuse("--duration", "a time above 0", length_);
  if (const auto t = time_of("--warm-up", warm_up_))
    o.warm_up(*t);
  if (const auto t = time_of("--drain", drain_))
    o.drain(*t);
  o.window(time_of("--window", window_).value_or(duration()));
  o.turn(time_of("--turn", turn_).value_or(duration()));
  if (!slo_.empty())
    o.objectives(of_option("--slo", [this] { return parse_slos(slo_); }));
  if (!good_share_.empty())
    o.good_share(share_of("--good-share", good_share_));
  if (!first_rate_.empty())
    o.first_rate(rate_of("--first-rate", first_rate_));
  if (!most_rate_.empty())
    o.most_rate(rate_of("--max-rate", most_rate_));
  if (!cancel_.empty()) {
    const auto colon = cancel_.find(':');
    if (colon == std::string::npos)
      refuse("--cancel", "SHARE:TIME, such as 5%:2s", cancel_);
    o.cancel(share_of("--cancel", std::string_view(cancel_).substr(0, colon)),
             time_of("--cancel", cancel_.substr(colon + 1)).value_or(duration()));
  }
  if (!split_.empty()) {
    const auto slash = std::min(split_.find('/'), split_.size());
    const auto k = number<unsigned>(std::string_view(split_).substr(0, slash));
    const auto n = slash < split_.size() ? number<unsigned>(std::string_view(split_).substr(slash + 1)) : std::nullopt;
    if (!k || !n || *k == 0 || *k > *n)
      refuse("--split", "K/N with K from 1 to N, such as 2/8", split_);
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
      refuse("--target", "PROVIDER/MODEL or a URL, with NAME= before it or without", given);
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
    return of_option(option, [&] { return parse_bench_length(text); });
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
  made.shared_prefix(prefix_).prefixes(prefixes_).seed(seed_).ignore_eos(ignore_eos_);
  made.think(time_of("--think", think_).value_or(duration()));
  co_return shaped_prompts(make_synthetic_prompts(std::move(made)), shaped);
}

std::vector<bench_check> bench_arguments::checks() const {
  std::vector<bench_check> all;
  for (const auto& text : fail_if_)
    all.push_back(of_option("--fail-if", [&text] { return bench_check(text); }));
  return all;
}

std::vector<std::pair<std::string, std::string>> bench_arguments::exports() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& given : exports_) {
    const auto sign = std::min(given.find('='), given.size());
    const auto form = given.substr(0, sign);
    if ((form != "vllm" && form != "aiperf") || sign + 1 >= given.size())
      refuse("--export", "vllm=FILE or aiperf=FILE", given);
    all.emplace_back(form, given.substr(sign + 1));
  }
  return all;
}

} // namespace weir::inline v0::cli
