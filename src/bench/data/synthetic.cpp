// Chats that are made up.
#include <random>

#include <boost/random/exponential_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include <weir/bench/prompts.hpp>
#include <weir/core/error.hpp>

#include "bench/data/filler.hpp"
#include "bench/data/length.hpp"
#include "core/stable_hash.hpp"
#include "core/time/duration.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::uint64_t most_turns = 1000;
constexpr std::size_t most_prefixes = 1'000'000;
constexpr duration longest_think = std::chrono::hours(24);

void check(const synthetic_prompts& o) {
  data::check(o.input(), "input");
  data::check(o.output(), "output");
  data::check(o.turns(), "turns");
  if (o.shared_prefix() > data::longest)
    throw error(errc::invalid_argument, "a shared prefix has at most 1,000,000 tokens");
  if (o.prefixes() == 0 || o.prefixes() > most_prefixes)
    throw error(errc::invalid_argument, "there are from 1 to 1,000,000 prefixes");
  if (o.prefixes() > 1 && o.shared_prefix() == 0)
    throw error(errc::invalid_argument, "several prefixes need a length: set shared_prefix() to their tokens");
  if (o.turns().a() > most_turns || (o.turns().what() == bench_length::kind::uniform && o.turns().b() > most_turns))
    throw error(errc::invalid_argument, "a conversation has at most 1,000 turns");
  if (o.think() < duration() || o.think() > longest_think)
    throw error(errc::invalid_argument, "users think between 0 and 24 h");
}

class synthetic : public bench_prompts {
public:
  explicit synthetic(synthetic_prompts o)
      : options_(std::move(o)), random_(mixed(options_.seed() + 1)), prefix_seed_(mixed(options_.seed() + 2)),
        text_seed_(mixed(options_.seed() + 3)) {}

  std::optional<bench_prompt> next() override {
    chat ask;
    if (options_.shared_prefix() > 0)
      ask.system(prefix());
    const auto turns = std::min(data::draw(options_.turns(), random_), most_turns);
    const auto input = data::draw(options_.input(), random_);
    const auto output = data::draw(options_.output(), random_);
    ask.user(text(input)).max_tokens(static_cast<std::int64_t>(output));
    if (options_.ignore_eos())
      ask.extra_body("ignore_eos", "true");
    bench_prompt made(std::move(ask));
    made.input_tokens(options_.shared_prefix() + input).output_tokens(output);
    std::vector<bench_turn> further;
    while (further.size() + 1 < turns)
      further.push_back(turn());
    made.turns(std::move(further));
    return made;
  }

  std::string text() const override {
    const auto& o = options_;
    auto all = "synthetic: " + o.input().text() + " in, " + o.output().text() + " out";
    if (o.shared_prefix() > 0)
      all += ", after " + std::to_string(o.shared_prefix()) +
             (o.prefixes() == 1 ? " shared by all" : " shared, of " + std::to_string(o.prefixes()) + " kinds");
    if (o.turns().what() != bench_length::kind::fixed || o.turns().a() > 1)
      all += ", " + o.turns().text() + " turns";
    if (o.think() > duration())
      all += ", " + format_duration(o.think()) + " between them";
    return all;
  }

private:
  std::string prefix() {
    const auto which =
        options_.prefixes() == 1
            ? 0
            : boost::random::uniform_int_distribution<std::uint64_t>(0, options_.prefixes() - 1)(random_);
    std::string made;
    data::append_numbered_filler(made, prefix_seed_, which, options_.shared_prefix());
    return made;
  }

  std::string text(std::uint64_t tokens) {
    std::string made;
    data::append_numbered_filler(made, text_seed_, messages_++, tokens);
    return made;
  }

  bench_turn turn() {
    const auto input = data::draw(options_.input(), random_);
    std::vector<message> add;
    add.push_back(message::user(text(input)));
    bench_turn made(std::move(add));
    made.output_tokens(data::draw(options_.output(), random_));
    if (options_.think() > duration()) {
      const double times = boost::random::exponential_distribution<double>(1)(random_);
      made.delay(duration(static_cast<duration::rep>(times * static_cast<double>(options_.think().count()))));
    }
    return made;
  }

  synthetic_prompts options_;
  std::mt19937_64 random_;
  std::uint64_t prefix_seed_, text_seed_;
  std::uint64_t messages_ = 0;
};

} // namespace

std::unique_ptr<bench_prompts> make_synthetic_prompts(synthetic_prompts o) {
  check(o);
  return std::make_unique<synthetic>(std::move(o));
}

} // namespace weir::inline v0
