#include "batch/engine/ask.hpp"

#include <boost/asio/this_coro.hpp>

#include <memory>
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
  // What the provider said of it: with a completion, its own.
  const answer_info& info() const noexcept {
    const auto* made = std::any_cast<completion>(&value);
    return made ? made->info : told;
  }
  std::any value;
  weir::outcome outcome = weir::outcome::failed;
  weir::failure failure;
  weir::usage usage;
  answer_info told;
  std::shared_ptr<const attempt> last; // null where nothing was sent, or that is not known
};

template <class Result>
void take(answer& a, Result&& made) {
  a.outcome = made.outcome;
  a.failure = made.failure;
  a.usage = made.usage;
  a.last = made.attempt;
  a.value.emplace<Result>(std::forward<Result>(made));
}

// A copy, which is sent: another round may need the item's own. The priority is in the request and not around the call,
// for which a coroutine and a scope would have to be made.
template <class Request>
Request of_a_batch(const Request& request) {
  Request r(request);
  if (r.options().priority())
    return r;
  auto o = r.options();
  o.priority(priority::batch);
  if constexpr (std::is_same_v<Request, task_request>)
    r.set_options(std::move(o));
  else
    r.options(std::move(o));
  return r;
}

// Answers are large: each goes to the caller's, and not from one coroutine to the next. The caller waits.

asio::awaitable<void> ask_streamed(client& by, const weir::chat& request, answer& a) {
  auto opening = by.stream(of_a_batch(request));
  auto open = co_await std::move(opening);
  auto reading = collect(std::move(open));
  auto read = co_await std::move(reading);
  take(a, std::move(read));
}

asio::awaitable<void> ask_complete(client& by, const weir::chat& request, answer& a) {
  auto asking = by.run(of_a_batch(request));
  auto read = co_await std::move(asking);
  take(a, std::move(read));
}

asio::awaitable<void> ask_generation(client& by, const weir::text_generation& request, answer& a) {
  auto asking = by.run(of_a_batch(request));
  auto made = co_await std::move(asking);
  take(a, std::move(made));
}

asio::awaitable<void> ask_task(client& by, const task_request& request, answer& a) {
  auto opening = by.submit_any(of_a_batch(request));
  auto from = co_await std::move(opening);
  for (;;) {
    const auto e = co_await from.next();
    if (!e)
      break;
  }
  a.outcome = from.outcome();
  a.usage = from.usage();
  a.told = from.info();
  a.last = std::make_shared<attempt>(from.attempt());
  a.value = std::move(from.result());
}

asio::awaitable<void> begin(client& by, const batch_item::request_type& request, bool streamed, answer& a) {
  if (const auto* chat = std::get_if<weir::chat>(&request))
    return streamed ? ask_streamed(by, *chat, a) : ask_complete(by, *chat, a);
  if (const auto* made = std::get_if<weir::text_generation>(&request))
    return ask_generation(by, *made, a);
  return ask_task(by, std::get<task_request>(request), a);
}

// What one call cost, as far as that is known.
class call_price {
public:
  call_price() = default;
  std::optional<money> cost;
  std::string currency;
  bool estimated = false;
};

call_price price_of_call(const answer& a, const price_book* prices, std::chrono::system_clock::time_point started) {
  call_price p;
  if (a.last && (a.last->cache_hit || a.last->shared)) {
    p.cost = money();
    p.currency = "USD";
    return p;
  }
  if (a.usage.empty() && !a.failure)
    return p;
  p.estimated = a.usage.estimated;
  if (!prices && !a.usage.cost)
    return p;
  const auto& info = a.info();
  auto q = price_query()
               .model_answered(info.model)
               .started(started)
               .usage(a.usage)
               .service_tier(info.service_tier)
               .speed(info.speed);
  const auto provider = a.last ? a.last->provider : std::string();
  const auto model = a.last ? a.last->model : std::string();
  // A server at a URL may have prices of its own, by its host.
  auto to = target().provider(provider).model(model);
  if (a.last)
    to.base_url(a.last->url);
  const auto found = price_of(prices, q, to, provider, model);
  p.cost = found.cost;
  p.currency = found.currency;
  return p;
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
  // Both must outlive it.
  sum_of_calls(const batch_item::request_type& request, const ask_options& o)
      : options_(o), request_(o.schema ? std::get_if<weir::chat>(&request) : nullptr) {}

  // The request that is to be made in place of an answer that does not fit the schema.
  std::unique_ptr<batch_item::request_type> mended(const answer& a) {
    wrong_.clear();
    if (!request_ || a.failure || a.outcome != outcome::complete)
      return nullptr;
    wrong_ = misfit(a.value, *options_.schema);
    if (wrong_.empty() || std::exchange(mended_, true))
      return nullptr;
    return std::make_unique<batch_item::request_type>(
        asked_once_more(*request_, std::any_cast<const completion&>(a.value), wrong_));
  }

  // Why the last answer is no answer.
  std::optional<failure> verdict() const {
    if (wrong_.empty())
      return std::nullopt;
    return failure(errc::unexpected_content, "the answer does not fit the schema: " + wrong_);
  }

private:
  const ask_options& options_;
  const weir::chat* request_; // null where there is nothing to mend
  std::string wrong_;
  bool mended_ = false;
};

asio::awaitable<void> ask_once(client& by, const batch_item::request_type& request, bool streamed, answer& a) {
  std::exception_ptr why;
  try {
    auto asking = begin(by, request, streamed, a);
    co_await std::move(asking);
  } catch (...) {
    why = std::current_exception();
  }
  if (!why)
    co_return;
  a.failure = detail::failure_or_rethrow(why);
  a.outcome = outcome_of(a.failure);
}

void add_call(batch_result& r, const answer& a, const price_book* prices,
              std::chrono::system_clock::time_point started) {
  if (a.last) {
    r.provider = a.last->provider;
    r.model = a.last->model;
    r.attempts += a.last->number;
    r.first_token = a.last->first_token == duration() ? duration() : a.last->begun + a.last->first_token;
  }
  auto price = price_of_call(a, prices, started);
  r.usage = r.calls == 0 ? a.usage : sum(r.usage, a.usage);
  ++r.calls;
  r.cache_hit = a.last && a.last->cache_hit;
  r.cost_estimated = r.cost_estimated || price.estimated;
  if (r.cost && price.cost && r.currency == price.currency)
    *r.cost += *price.cost;
  else if (price.cost) {
    r.cost = price.cost;
    r.currency = std::move(price.currency);
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

asio::awaitable<batch_result> ask(client& by, const batch_item& item, const ask_options& o) {
  if (o.files)
    if (auto kept = o.files->find(item.id(), item.fingerprint()))
      co_return std::move(*kept);
  const auto ex = co_await asio::this_coro::executor;
  const auto& time = time_of(ex);
  const auto began = time.now();
  const auto wall = time.wall();
  batch_result r;
  sum_of_calls calls(item.request(), o);
  answer a;
  const auto* request = &item.request();
  std::unique_ptr<batch_item::request_type> mended;
  while (request) {
    auto asking = ask_once(by, *request, o.streamed, a);
    co_await std::move(asking);
    add_call(r, a, o.prices.get(), wall);
    mended = calls.mended(a);
    request = mended.get();
    if (request)
      a = answer();
  }
  r.took = time.now() - began;
  r.outcome = a.outcome;
  r.failure = std::move(a.failure);
  if (auto why = calls.verdict()) {
    r.failure = std::move(*why);
    r.outcome = outcome_of(r.failure);
  }
  const auto paths = save(o.files.get(), item, a);
  if (a.value.has_value()) {
    body_defaults d;
    d.id = a.info().id;
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
