#include "batch/engine/ask.hpp"

#include <boost/asio/this_coro.hpp>

#include <type_traits>
#include <utility>

#include <weir/core/as_result.hpp>
#include <weir/core/scope.hpp>

#include "batch/output/answer_json.hpp"
#include "codec/json/json_in_text.hpp"
#include "policy/spend/charge.hpp"
#include "task/usage_sum.hpp"

namespace weir::inline v0::batch_engine {

namespace asio = boost::asio;

namespace {

// What a call came to: of a chat, or of a reply that holds another task's result.
class answer {
public:
  answer() = default;
  std::any value;
  weir::outcome outcome = weir::outcome::failed;
  weir::failure failure;
  weir::usage usage;
  answer_info info;
  std::shared_ptr<const attempt> last; // null where nothing was sent, or that is not known
};

answer of(completion c) {
  answer a;
  a.outcome = c.outcome;
  a.failure = c.failure;
  a.usage = c.usage;
  a.info = c.info;
  a.last = c.attempt;
  a.value = std::move(c);
  return a;
}

asio::awaitable<answer> ask_streamed(client& by, weir::chat request) {
  auto open = co_await by.stream(std::move(request));
  auto read = co_await collect(std::move(open));
  co_return of(std::move(read));
}

asio::awaitable<answer> ask_complete(client& by, weir::chat request) {
  auto read = co_await by.run(std::move(request));
  co_return of(std::move(read));
}

asio::awaitable<answer> to_the_end(reply from) {
  for (;;) {
    const auto e = co_await from.next();
    if (!e)
      break;
  }
  answer a;
  a.outcome = from.outcome();
  a.usage = from.usage();
  a.info = from.info();
  a.last = std::make_shared<attempt>(from.attempt());
  a.value = std::move(from.result());
  co_return a;
}

asio::awaitable<answer> ask_task(client& by, task_request request) {
  auto open = co_await by.submit_any(std::move(request));
  auto read = co_await to_the_end(std::move(open));
  co_return read;
}

asio::awaitable<answer> ask_generation(client& by, weir::text_generation request) {
  auto made = co_await by.run(std::move(request));
  answer a;
  a.outcome = made.outcome;
  a.failure = made.failure;
  a.usage = made.usage;
  a.last = made.attempt;
  a.value = std::move(made);
  co_return a;
}

asio::awaitable<answer> begin(client& by, batch_item::request_type request, bool streamed) {
  if (auto* chat = std::get_if<weir::chat>(&request))
    return streamed ? ask_streamed(by, std::move(*chat)) : ask_complete(by, std::move(*chat));
  if (auto* made = std::get_if<weir::text_generation>(&request))
    return ask_generation(by, std::move(*made));
  return ask_task(by, std::get<task_request>(std::move(request)));
}

// In the request and not around the call, for which a coroutine and a scope would have to be made.
template <class Request>
void at_priority_of_batches(Request& r) {
  if (r.options().priority())
    return;
  auto o = r.options();
  o.priority(priority::batch);
  if constexpr (std::is_same_v<Request, task_request>)
    r.set_options(std::move(o));
  else
    r.options(std::move(o));
}

void add_price(batch_result& r, const answer& a, const price_book* prices,
               std::chrono::system_clock::time_point started) {
  if (a.last && (a.last->cache_hit || a.last->shared)) {
    r.cache_hit = a.last->cache_hit;
    r.cost = money();
    r.currency = "USD";
    return;
  }
  if (a.usage.empty() && !a.failure)
    return;
  auto q = price_query()
               .model_answered(a.info.model)
               .started(started)
               .usage(a.usage)
               .service_tier(a.info.service_tier)
               .speed(a.info.speed);
  // A server at a URL may have prices of its own, by its host.
  auto to = target().provider(r.provider).model(r.model);
  if (a.last)
    to.base_url(a.last->url);
  const auto p = price_of(prices, q, to, r.provider, r.model);
  r.cost = p.cost;
  r.currency = p.currency;
  r.cost_estimated = a.usage.estimated;
}

// What is wrong with an answer, for the model to mend; empty if it fits.
std::string misfit(const std::any& value, const schema& wanted) {
  const auto* made = std::any_cast<completion>(&value);
  return made ? wanted.check(codec::json_in_text(made->text())) : std::string();
}

weir::chat asked_once_more(weir::chat request, const completion& given, const std::string& wrong) {
  request.add(message(given));
  request.user("This answer does not fit the JSON Schema: " + wrong + ". Answer with the corrected JSON alone.");
  return request;
}

class sum_of_calls {
public:
  sum_of_calls(const batch_item::request_type& request, const ask_options& o) : options_(o) {
    if (const auto* chat = std::get_if<weir::chat>(&request); chat && o.schema)
      request_ = *chat;
  }

  // The request that is to be made in place of an answer that does not fit the schema.
  std::optional<weir::chat> mended(const answer& a) {
    wrong_.clear();
    if (!request_ || a.failure || a.outcome != outcome::complete)
      return std::nullopt;
    wrong_ = misfit(a.value, *options_.schema);
    if (wrong_.empty() || std::exchange(mended_, true))
      return std::nullopt;
    return asked_once_more(*request_, std::any_cast<const completion&>(a.value), wrong_);
  }

  // Why the last answer is no answer.
  std::optional<failure> verdict() const {
    if (wrong_.empty())
      return std::nullopt;
    return failure(errc::unexpected_content, "the answer does not fit the schema: " + wrong_);
  }

private:
  const ask_options& options_;
  std::optional<weir::chat> request_;
  std::string wrong_;
  bool mended_ = false;
};

asio::awaitable<answer> ask_once(client& by, batch_item::request_type request, bool streamed) {
  std::visit([](auto& r) { at_priority_of_batches(r); }, request);
  auto asking = begin(by, std::move(request), streamed);
  auto got = co_await as_result(std::move(asking));
  if (got)
    co_return std::move(*got);
  answer a;
  a.failure = got.error();
  a.outcome = outcome_of(a.failure);
  co_return a;
}

void add_call(batch_result& r, const answer& a, const price_book* prices,
              std::chrono::system_clock::time_point started) {
  batch_result one;
  if (a.last) {
    r.provider = one.provider = a.last->provider;
    r.model = one.model = a.last->model;
    r.attempts += a.last->number;
    r.first_token = a.last->first_token == duration() ? duration() : a.last->begun + a.last->first_token;
  }
  one.usage = a.usage;
  add_price(one, a, prices, started);
  r.usage = r.calls == 0 ? a.usage : sum(r.usage, a.usage);
  ++r.calls;
  r.cache_hit = one.cache_hit;
  r.cost_estimated = r.cost_estimated || one.cost_estimated;
  if (r.cost && one.cost && r.currency == one.currency)
    *r.cost += *one.cost;
  else if (one.cost) {
    r.cost = one.cost;
    r.currency = one.currency;
  }
}

// The paths of what was written. What cannot be written stays in the result, which was paid for: the job sees it by
// result_files::problem().
std::vector<std::string> save(result_files* files, const batch_item& item, answer& a) {
  if (!files || !a.value.has_value())
    return {};
  try {
    return files->save(item.id(), a.value);
  } catch (const error&) {
    return {};
  }
}

} // namespace

asio::awaitable<batch_result> ask(client& by, const batch_item& item, ask_options o) {
  if (o.files)
    if (auto kept = o.files->find(item.id(), item.fingerprint()))
      co_return std::move(*kept);
  batch_item::request_type request = item.request();
  const auto ex = co_await asio::this_coro::executor;
  const auto& time = time_of(ex);
  const auto began = time.now();
  const auto wall = time.wall();
  batch_result r;
  sum_of_calls calls(request, o);
  answer a;
  for (std::optional<batch_item::request_type> next(std::move(request)); next;) {
    auto asking = ask_once(by, std::move(*next), o.streamed);
    next.reset();
    a = co_await std::move(asking);
    add_call(r, a, o.prices.get(), wall);
    if (auto again = calls.mended(a))
      next.emplace(std::move(*again));
  }
  r.took = time.now() - began;
  r.outcome = a.outcome;
  r.failure = a.failure;
  if (auto why = calls.verdict()) {
    r.failure = std::move(*why);
    r.outcome = outcome_of(r.failure);
  }
  const auto paths = save(o.files.get(), item, a);
  if (a.value.has_value()) {
    body_defaults d;
    d.id = a.info.id;
    d.model = r.model;
    d.created = std::chrono::duration_cast<std::chrono::seconds>(wall.time_since_epoch()).count();
    r.body = answer_body(a.value, d);
  }
  r.value = std::move(a.value);
  if (!paths.empty() && r.succeeded())
    o.files->remember(item.id(), item.fingerprint(), paths, r);
  co_return r;
}

} // namespace weir::inline v0::batch_engine
