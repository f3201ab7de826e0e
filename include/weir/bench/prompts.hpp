// The requests of a benchmark.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/batch/input.hpp>
#include <weir/batch/item.hpp>
#include <weir/core/time.hpp>
#include <weir/task/chat.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// A further turn of a conversation: what the user says once the answer before it is complete.
class bench_turn {
public:
  /// Is asked with the whole conversation before it, answers included.
  explicit bench_turn(std::vector<message> add) : messages_(std::move(add)) {}
  /// Is asked as it is: the conversation is in it, as it was recorded.
  explicit bench_turn(batch_item::request_type whole) : request_(std::move(whole)) {}
  const std::vector<message>& messages() const noexcept { return messages_; }
  const std::optional<batch_item::request_type>& request() const noexcept { return request_; }
  /// How long the user thinks before it. Default: not at all.
  WEIR_VALUE(bench_turn, duration, delay)
  /// Tokens that the answer is to have; 0: not known. Its request's limit of tokens is this.
  WEIR_VALUE(bench_turn, std::uint64_t, output_tokens)

private:
  std::vector<message> messages_;
  std::optional<batch_item::request_type> request_;
  duration delay_{};
  std::uint64_t output_tokens_ = 0;
};

/// A request of a benchmark, or a conversation that begins with it.
class bench_prompt {
public:
  explicit bench_prompt(batch_item::request_type request) : request_(std::move(request)) {}
  const batch_item::request_type& request() const noexcept { return request_; }

  /// Of a recorded load: when it starts, since the beginning.
  WEIR_OPTIONAL(bench_prompt, duration, at)
  /// Tokens that it is meant to have, and that the answer is meant to have; 0: not known. Reports tell how far the
  /// server's counts are from it.
  WEIR_VALUE(bench_prompt, std::uint64_t, input_tokens)
  WEIR_VALUE(bench_prompt, std::uint64_t, output_tokens)
  /// The turns after it, one after the other.
  WEIR_FIELD(bench_prompt, std::vector<bench_turn>, turns)
  /// What tells prompts apart that are counted as different ones, as batch_item::fingerprint(). Whoever gives one
  /// prompt many times sets it once. 0: made from the request by batch_fingerprint(), each time that it is asked.
  WEIR_VALUE(bench_prompt, std::uint64_t, fingerprint)

private:
  batch_item::request_type request_;
  std::optional<duration> at_;
  std::uint64_t input_tokens_ = 0, output_tokens_ = 0, fingerprint_ = 0;
  std::vector<bench_turn> turns_;
};

/// Gives the requests of a benchmark, in an order that is the same each time.
/// Thread safety: none.
class bench_prompts {
public:
  virtual ~bench_prompts() = default;
  /// The next one; empty after the last one, which ends the run. Is called on the strand of the run and must not wait.
  virtual std::optional<bench_prompt> next() = 0;
  /// What they are, for the report: `synthetic: 512 in, 128 out`, `prompts.jsonl (200 prompts)`.
  virtual std::string text() const = 0;
};

/// These requests, one after the other, and from the beginning again. Any task's class becomes a task_request here.
/// \throws weir::error errc::invalid_argument if there are none.
std::unique_ptr<bench_prompts> bench_prompts_of(std::vector<batch_item::request_type> requests);

/// A number that varies: `512`, `100..200` evenly, `normal(512,64)`, `lognormal(512,0.5)` with the median and the
/// deviation of the logarithm, all between 1 and 1,000,000.
class bench_length {
public:
  enum class kind : std::uint8_t { fixed, uniform, normal, lognormal };
  bench_length(std::uint64_t n) : a_(static_cast<double>(n)), b_(0) {}
  bench_length(kind k, double a, double b) : kind_(k), a_(a), b_(b) {}
  kind what() const noexcept { return kind_; }
  double a() const noexcept { return a_; }
  double b() const noexcept { return b_; }
  std::string text() const;

private:
  kind kind_ = kind::fixed;
  double a_, b_;
};
/// \throws weir::error errc::invalid_argument saying what is wrong.
bench_length parse_bench_length(std::string_view text);

/// Chats that are made up, without end: each prompt is different but for what it shares with others.
class synthetic_prompts {
public:
  synthetic_prompts() = default;
  /// Tokens of a user's message, by estimate: see docs/bench-data.md. Default: 512.
  WEIR_FIELD(synthetic_prompts, bench_length, input)
  /// Tokens of an answer: the request's limit. Default: 128.
  WEIR_FIELD(synthetic_prompts, bench_length, output)
  /// Further tokens at the beginning that prompts share, as a system prompt. Default: none.
  WEIR_VALUE(synthetic_prompts, std::uint64_t, shared_prefix)
  /// How many different beginnings there are; each prompt has one of them by chance. Default: 1.
  WEIR_VALUE(synthetic_prompts, std::size_t, prefixes)
  /// Turns of each conversation, each with a message of its own. Default: 1.
  WEIR_FIELD(synthetic_prompts, bench_length, turns)
  /// How long users think between turns, on average; exponentially distributed. Default: not at all.
  WEIR_VALUE(synthetic_prompts, duration, think)
  /// Asks for answers that do not end before output(), by the member `ignore_eos`: vLLM, SGLang and some others know
  /// it, hosted providers may refuse it. Default: false.
  WEIR_VALUE(synthetic_prompts, bool, ignore_eos)
  /// Default: 0. The same seed gives the same prompts, on every machine.
  WEIR_VALUE(synthetic_prompts, std::uint64_t, seed)

private:
  bench_length input_ = 512, output_ = 128, turns_ = 1;
  std::uint64_t shared_prefix_ = 0;
  std::size_t prefixes_ = 1;
  duration think_{};
  bool ignore_eos_ = false;
  std::uint64_t seed_ = 0;
};
/// \throws weir::error errc::invalid_argument for options out of their range.
std::unique_ptr<bench_prompts> make_synthetic_prompts(synthetic_prompts o);

/// A file of prompts.
class bench_data {
public:
  explicit bench_data(batch_input from) : input_(std::move(from)) {}
  explicit bench_data(std::string path) : input_(std::move(path)) {}
  const batch_input& input() const noexcept { return input_; }

  /// Limit of tokens for answers whose data have none. 0: the server's.
  WEIR_VALUE(bench_data, std::uint64_t, output_tokens)
  /// As synthetic_prompts::ignore_eos(), for all whose data tell how long the answer was. Default: false.
  WEIR_VALUE(bench_data, bool, ignore_eos)
  /// Takes them by chance, of this seed, and not in their order; the times of recorded loads stay. 0: in their order.
  WEIR_VALUE(bench_data, std::uint64_t, shuffle)
  /// At most so many rows are read: they stay in memory. Default: 1,000,000.
  WEIR_VALUE(bench_data, std::uint64_t, limit)
  /// Of recorded loads: leaves out what is before and behind, counted from the first request.
  WEIR_VALUE(bench_data, duration, from)
  WEIR_VALUE(bench_data, duration, to)

private:
  batch_input input_;
  bool ignore_eos_ = false;
  std::uint64_t output_tokens_ = 0, shuffle_ = 0, limit_ = 1'000'000;
  duration from_{}, to_ = duration::max();
};

/// The prompts of files, which are read whole before it returns. Knows what is in them, row by row:
///  - whatever a batch reads (open_batch_input()): requests of providers, `{"prompt": …}`, plain lines, tables with
///    batch_input::prompt(), media for tasks that take them;
///  - ShareGPT: lists of `conversations`; the user's messages, the later ones as turns;
///  - AIPerf's JSONL: `text`, `texts`, `image`, `turns`, `delay`, `output_length`, `session_id`;
///  - traces: Mooncake's and AIPerf's JSONL, Bailian's, BurstGPT's and Azure's tables.
/// Prompts with times of their own are given once, in the order of these; others over and over. docs/bench-data.md has
/// the details. With batch_input::prompt(), maker(), media() or task() rows are nothing but rows of a batch.
/// Errors: errc::invalid_argument for files without prompts, and naming a line that cannot be read; what
/// open_batch_input() throws.
/// Cancellation: terminal.
boost::asio::awaitable<std::unique_ptr<bench_prompts>> open_bench_data(bench_data o);

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
