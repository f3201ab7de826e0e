// The calls of a load: what each does, and what becomes of its answer.
#include "bench/engine/generator.hpp"

#include <utility>
#include <variant>

namespace weir::inline v0::bench_engine {

namespace asio = boost::asio;

namespace {

// The request of the next turn. Only chats can be continued; any other is asked again.
batch_item::request_type continued(batch_item::request_type before, const std::string& answer, const bench_turn& next) {
  if (next.request())
    return *next.request();
  if (auto* chat = std::get_if<weir::chat>(&before)) {
    chat->add(message::assistant(answer));
    for (const auto& m : next.messages())
      chat->add(m);
    if (next.output_tokens() > 0)
      chat->max_tokens(static_cast<std::int64_t>(next.output_tokens()));
  }
  return before;
}

bench_call told(const landing& l, bool warm_up) {
  bench_call c;
  const auto& t = l.times;
  c.target = t.target;
  c.meant = t.meant;
  c.sent = t.sent;
  c.first_byte = t.first_byte;
  c.first_content = t.first_content;
  c.first_output = t.first_output;
  c.last_content = t.last_content;
  c.ended = t.ended;
  c.outcome = t.outcome;
  c.failure = l.failure;
  c.input_tokens = t.input_tokens;
  c.cached_tokens = t.cached_tokens;
  c.output_tokens = t.output_tokens;
  c.warm_up = warm_up;
  return c;
}

// Counts as long as it lives.
class counted {
public:
  explicit counted(std::size_t& n) : number_(n) { ++number_; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --number_; }

private:
  std::size_t& number_;
};

} // namespace

// The requests of one prompt, one after the other: the calls of a conversation are calls of their own.
asio::awaitable<void> generator::converse(std::shared_ptr<generator> self, std::uint32_t target, bench_prompt prompt,
                                          duration meant, std::uint64_t round) {
  auto& g = *self;
  const counted here(g.conversations_);
  auto& by = g.targets_[target].by();
  batch_item::request_type request = prompt.request();
  const auto& turns = prompt.turns();
  const auto fingerprint = prompt.fingerprint() != 0 ? prompt.fingerprint() : batch_fingerprint(request);
  auto wanted_input = prompt.input_tokens(), wanted_output = prompt.output_tokens();
  for (std::size_t turn = 0;; ++turn) {
    flight how;
    how.origin = g.origin_;
    how.meant = meant;
    how.streamed = g.options_.streamed();
    how.wants_text = turn < turns.size();
    how.cancel_after = g.cancels();
    g.turn_window(meant);
    const auto call = g.books_.begin(meant, fingerprint + turn);
    how.content = call->content;
    auto sent = turn < turns.size() ? request : std::move(request);
    auto flying = fly(by, std::move(sent), std::move(how));
    auto l = co_await std::move(flying);
    if (g.giving_up_) {
      if (g.stop_.stopped()) {
        g.books_.drop(call);
        co_return;
      }
    }
    if (g.giving_up_ && !l.times.complete()) {
      l.failure = failure(errc::deadline_exceeded, "no answer in the time that the run waits for answers at its end");
      l.times.failure = l.failure.code();
      l.times.outcome = outcome::deadline;
    }
    l.times.target = target;
    l.times.wanted_input = wanted_input;
    l.times.wanted_output = wanted_output;
    const bool warm_up = g.books_.is_warm_up(call);
    g.books_.end(call, l, g.options_.prices().get());
    if (g.options_.each())
      g.guard([&] { g.options_.each()(told(l, warm_up)); });
    if (const auto why = g.books_.hopeless())
      g.problem_ = *why;
    if (turn == turns.size() || !l.times.complete() || g.giving_up_)
      co_return;
    const auto& next = turns[turn];
    meant = g.now() + next.delay();
    co_await g.until(meant);
    if (!g.goes_on(round) || !g.take_request())
      co_return;
    request = continued(std::move(request), l.text, next);
    wanted_input = 0;
    wanted_output = next.output_tokens();
  }
}

std::optional<duration> generator::cancels() {
  if (options_.cancel_share() <= 0)
    return std::nullopt;
  const auto dice = static_cast<double>(dice_() >> 11) * 0x1p-53;
  return dice < options_.cancel_share() ? std::optional(options_.cancel_after()) : std::nullopt;
}

} // namespace weir::inline v0::bench_engine
