#include "bench/data/file_prompts.hpp"

#include <numeric>
#include <utility>

#include <boost/random/uniform_int_distribution.hpp>

#include <weir/core/error.hpp>

#include "bench/data/shape.hpp"
#include "core/stable_hash.hpp"

namespace weir::inline v0::data {

namespace json = codec::json;

namespace {

void limit(chat& ask, std::uint64_t tokens, bool ignore_eos) {
  if (!ask.max_tokens() && !ask.max_completion_tokens())
    ask.max_tokens(static_cast<std::int64_t>(tokens));
  if (ignore_eos)
    ask.extra_body("ignore_eos", "true");
}

void limit(text_generation& ask, std::uint64_t tokens, bool ignore_eos) {
  if (!ask.max_new_tokens())
    ask.max_new_tokens(static_cast<std::int64_t>(tokens));
  if (ignore_eos)
    ask.extra_body("ignore_eos", "true");
}

void limit(task_request&, std::uint64_t, bool) {} // whose answers have no limit of tokens

} // namespace

void limit_answer(batch_item::request_type& request, std::uint64_t output_tokens, const bench_data& o) {
  const bool known = output_tokens > 0;
  const auto most = known ? output_tokens : o.output_tokens();
  if (most > 0)
    std::visit([&](auto& ask) { limit(ask, most, known && o.ignore_eos()); }, request);
}

file_prompts::file_prompts(bench_data o, std::shared_ptr<const input::opened_input> from, std::vector<kept_prompt> all,
                           std::string text)
    : options_(std::move(o)), from_(std::move(from)), all_(std::move(all)), text_(std::move(text)),
      recorded_(all_.front().at.has_value()), random_(mixed(options_.shuffle())) {
  shuffle();
}

// As std::shuffle, which is another one in each standard library.
void file_prompts::shuffle() {
  if (options_.shuffle() == 0)
    return;
  order_.resize(all_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  for (std::size_t n = order_.size(); n > 1; --n)
    std::swap(order_[n - 1], order_[boost::random::uniform_int_distribution<std::size_t>(0, n - 1)(random_)]);
}

batch_item::request_type file_prompts::request_of(const kept_prompt& p, const kept_turn& t) const {
  if (t.request)
    return *t.request;
  input::row r;
  r.line = p.line;
  json::array messages;
  messages.push_back(message_object("user", json::value(prompt_of(t.shape, t.number))));
  r.members["body"] = json::object{{"messages", std::move(messages)}};
  auto item = from_->maker.make(r, from_->paths[p.input].name);
  if (item.rejection())
    throw error(*item.rejection());
  auto request = std::move(item).request();
  limit_answer(request, t.output_tokens, options_);
  return request;
}

bench_turn file_prompts::turn_of(const kept_prompt& p, const kept_turn& t) const {
  if (t.whole)
    return bench_turn(request_of(p, t));
  auto add = t.add;
  if (t.made_up)
    add.push_back(message::user(prompt_of(t.shape, t.number)));
  return bench_turn(std::move(add));
}

bench_prompt file_prompts::make(kept_prompt& p) const {
  const auto& first = p.turns.front();
  bench_prompt made(request_of(p, first));
  if (p.fingerprint == 0)
    p.fingerprint = batch_fingerprint(made.request());
  made.fingerprint(p.fingerprint);
  made.input_tokens(first.shape.input_tokens).output_tokens(first.output_tokens);
  std::vector<bench_turn> later;
  for (std::size_t i = 1; i < p.turns.size(); ++i) {
    const auto& t = p.turns[i];
    later.push_back(turn_of(p, t));
    later.back().delay(t.delay).output_tokens(t.output_tokens > 0 ? t.output_tokens : options_.output_tokens());
  }
  made.turns(std::move(later));
  return made;
}

std::optional<bench_prompt> file_prompts::next() {
  if (at_ == all_.size()) {
    if (recorded_)
      return std::nullopt;
    at_ = 0;
    shuffle();
  }
  auto made = make(all_[order_.empty() ? at_ : order_[at_]]);
  if (recorded_)
    made.at(*all_[at_].at);
  ++at_;
  return made;
}

} // namespace weir::inline v0::data
