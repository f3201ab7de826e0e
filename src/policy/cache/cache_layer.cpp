#include "policy/cache/cache_layer.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

#include <weir/core/executor.hpp>
#include <weir/task/text_generation.hpp>

#include "policy/cache/cache_state.hpp"
#include "policy/cache/cached_source.hpp"
#include "policy/cache/flights.hpp"
#include "policy/cache/shared_reply.hpp"
#include "policy/outcome.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

using found = response_cache::state::found;

// Failures that a new try, later, may not meet: an old answer is better than none.
bool may_pass(const error_code& code) noexcept {
  return code == condition::transient || code == condition::throttled || code == errc::first_token_timeout ||
         code == errc::stalled;
}

bool all_complete(const recorded_answer& a, const cache_keys& keys) {
  if (const auto* c = std::any_cast<completion>(&a.result))
    return std::all_of(c->choices.begin(), c->choices.end(),
                       [&](const choice& one) { return keys.is_complete(one.finish_reason); });
  if (const auto* g = std::any_cast<generation>(&a.result))
    return keys.is_complete(g->sequence.finish_reason) &&
           std::all_of(g->best_of.begin(), g->best_of.end(),
                       [&](const generated_sequence& s) { return keys.is_complete(s.finish_reason); });
  return std::all_of(a.events.begin(), a.events.end(), [&](const recorded_event& e) {
    return !e.what.is(event::kind::finish) || keys.is_complete(e.what.finish_reason());
  });
}

// An answer in one piece as the events of a stream.
std::shared_ptr<recorded_answer> as_stream(const completion& c) {
  const auto a = std::make_shared<recorded_answer>();
  for (auto& e : events_of(c))
    a->events.emplace_back(std::move(e), duration());
  a->usage = c.usage;
  a->info = c.info;
  a->finish_reason = c.finish_reason();
  return a;
}

class cache_layer final : public handler {
public:
  cache_layer(std::shared_ptr<response_cache> cache, std::shared_ptr<cache_keys> keys, handler_ptr inner)
      : cache_(std::move(cache)), keys_(std::move(keys)), inner_(std::move(inner)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await asio::this_coro::executor;
    const auto& own = c.op->options();
    const auto use = own.cache().value_or(cache_use::normal);
    if (use == cache_use::bypass)
      co_return co_await (*inner_)(c);
    auto naming = keys_->key_of(c, state().settings.any_temperature() || own.cache());
    const auto key = co_await std::move(naming);
    if (!key && use != cache_use::only)
      co_return co_await (*inner_)(c);
    found there;
    if (key && use != cache_use::refresh)
      there = state().find(*key, time_of(ex).wall(), own.cache_max_age());
    if (there.use == freshness::fresh || there.use == freshness::revalidate) {
      if (there.use == freshness::revalidate && use != cache_use::only)
        revalidate(c, *key, scope_of(ex));
      co_return replay(c, *key, there, time_of(ex).now());
    }
    if (use == cache_use::only)
      throw error(errc::not_found, "the response cache has no answer to this request, and cache_use::only allows no "
                                   "other: send it without that first");
    auto asking = ask(c, *key, there, use != cache_use::refresh);
    auto answer = co_await std::move(asking);
    co_return answer;
  }

private:
  response_cache::state& state() const noexcept { return cache_->internals(); }

  /// Makes the call, or shares one that is in flight.
  asio::awaitable<reply> ask(call& c, std::string key, found spare, bool may_join) {
    const auto ex = co_await asio::this_coro::executor;
    const auto in = scope_of(ex);
    auto& time = time_of(ex);
    for (;;) {
      auto f = may_join && state().settings.share_in_flight() ? flights_->find(key) : nullptr;
      const bool first = !f;
      if (first)
        f = prepare(c, key, in, c.record);
      auto reader = std::make_unique<flight::reader>(f);
      if (first) {
        state().count_miss();
        flights_->add(key, f);
        f->start(inner_, in, in->deadline());
      } else {
        state().count_shared();
        c.attempt.reset();
        begin_attempt(c, time.now());
        c.attempt->shared = true;
        c.attempt->cache_key = key;
      }
      const auto begun = time.now();
      completion pieces;
      while (!done(c, *f, *reader, pieces))
        co_await reader->changes().wait();
      if (first)
        take_over(c, *f, key);
      else
        describe(*c.attempt, *f);
      if (reader->cut_off())
        co_return co_await alone(c);
      if (f->refused()) {
        const auto why = failure_of(f->refused());
        if (!first) {
          c.attempt->failure = why;
          c.attempt->ended = time.now() - begun;
        }
        // It was the first caller's time that was up, or its patience.
        if (!first && (why.code() == errc::deadline_exceeded || why.code() == errc::cancelled)) {
          c.attempt.reset();
          continue;
        }
        if (spare.answer && spare.use == freshness::spare && may_pass(why.code()))
          co_return replay(c, key, spare, time.now());
        std::rethrow_exception(f->refused());
      }
      if (c.streamed && f->streamed())
        co_return reply(shared_reply::start(std::move(reader), c.reply_scope, c.attempt, !first));
      // What breaks off is tried again where it is not streamed, as without a cache.
      if (!c.streamed && f->streamed() && !succeeded(f->outcome())) {
        c.attempt->failure = f->failure();
        c.attempt.reset();
        may_join = false;
        continue;
      }
      if (!first)
        c.attempt->ended = time.now() - begun;
      co_return whole(c, *f, std::move(pieces));
    }
  }

  /// Whether a caller need not wait any longer. Collects a stream for one that wants no stream.
  static bool done(const call& c, const flight& f, flight::reader& r, completion& pieces) {
    if (r.cut_off() || f.refused())
      return true;
    if (c.streamed && f.streamed())
      return f.opened();
    if (f.streamed())
      for (; const auto* e = r.peek(); r.take())
        pieces.add(*e);
    return f.ended();
  }

  /// The answer of a call that has ended, in the form in which the caller wants it.
  static reply whole(call& c, flight& f, completion pieces) {
    auto result = f.result();
    if (f.streamed()) {
      pieces.outcome = f.outcome();
      pieces.failure = f.failure();
      pieces.usage = f.usage();
      pieces.info = f.info();
      result = std::move(pieces);
    }
    if (c.streamed) {
      replay_end end;
      end.how = f.outcome();
      end.why = f.failure();
      return reply(cached_source::start(as_stream(std::any_cast<const completion&>(result)), false, c.reply_scope,
                                        c.attempt, std::move(end)));
    }
    set_attempt(result, c.attempt);
    auto answer = std::make_shared<completed_reply>(std::move(result), f.outcome(), f.failure(), f.usage(), c.attempt);
    answer->describe(f.finish_reason(), f.info());
    return reply(std::move(answer));
  }

  asio::awaitable<reply> alone(call& c) {
    c.attempt.reset();
    co_return co_await (*inner_)(c);
  }

  // The layers above see the attempt that answered, and where.
  static void take_over(call& c, const flight& f, const std::string& key) {
    c.attempt = f.upstream().attempt;
    c.to = f.upstream().to;
    if (!c.attempt && !f.refused())
      begin_attempt(c, c.begun);
    if (c.attempt)
      c.attempt->cache_key = key;
  }

  static void describe(weir::attempt& a, const flight& f) {
    if (const auto& up = f.upstream().attempt) {
      a.provider = up->provider;
      a.model = up->model;
      a.url = up->url;
    }
  }

  std::shared_ptr<flight> prepare(const call& c, const std::string& key, const std::shared_ptr<scope>& in,
                                  std::shared_ptr<call_record> record, time_point until = never) {
    auto up = std::make_shared<call>(c);
    up->record = std::move(record);
    up->attempt.reset();
    up->on_head = nullptr;
    up->reply_scope = scope::root(in->inner())->child(never, in->retry_backoff())->child(until, c.priority);
    auto ended = [weak = std::weak_ptr(flights_), cache = cache_, keys = keys_, key, to = c.to,
                  here = std::make_shared<response_cache::state::in_flight>(cache_, key)](
                     flight& f, std::optional<recorded_answer> answer) {
      if (const auto table = weak.lock())
        table->remove(key, &f);
      if (answer && !is_empty(*answer) && all_complete(*answer, *keys) && keys->belongs(to, f.upstream().to))
        cache->internals().keep(*here, std::make_shared<const recorded_answer>(std::move(*answer)));
      else
        cache->internals().count_not_kept();
    };
    return std::make_shared<flight>(std::move(up), state().settings.max_entry_bytes(), std::move(ended));
  }

  /// Requests a new answer in the background, one at a time for each key.
  void revalidate(const call& c, const std::string& key, const std::shared_ptr<scope>& in) {
    if (flights_->has_background(key) || flights_->find(key))
      return;
    const auto now = time_of(in->inner()).now();
    auto again = c;
    again.begun = now;
    const auto until = c.reply_scope->deadline() == never ? never : after(now, c.reply_scope->deadline() - c.begun);
    const auto f = prepare(again, key, in, std::make_shared<call_record>(), until);
    f->keep_in_background();
    flights_->add(key, f);
    flights_->add_background(key, f);
    f->start(inner_, in, until);
  }

  reply replay(call& c, const std::string& key, const found& there, time_point now) {
    const auto& a = *there.answer;
    const bool stale = there.use != freshness::fresh;
    c.attempt.reset();
    begin_attempt(c, now);
    auto& record = *c.attempt;
    record.cache_hit = true;
    record.cache_stale = stale;
    record.cache_age = there.age;
    record.cache_key = key;
    record.provider = a.provider;
    record.model = a.model;
    record.url = a.url;
    record.raw = a.raw;
    state().count_hit(stale);
    if (c.streamed) {
      auto events = a.streamed ? there.answer : as_stream(std::any_cast<const completion&>(a.result));
      return reply(
          cached_source::start(std::move(events), state().settings.paced(), c.reply_scope, c.attempt, replay_end()));
    }
    if (c.on_head)
      c.on_head();
    auto result = a.streamed ? std::any(completion_of(a)) : a.result;
    set_attempt(result, c.attempt);
    auto answer =
        std::make_shared<completed_reply>(std::move(result), outcome::complete, failure(), a.usage, c.attempt);
    answer->describe(a.finish_reason, a.info);
    return reply(std::move(answer));
  }

  const std::shared_ptr<response_cache> cache_;
  const std::shared_ptr<cache_keys> keys_;
  const handler_ptr inner_;
  const std::shared_ptr<flights> flights_ = std::make_shared<flights>();
};

} // namespace

layer make_response_cache(std::shared_ptr<response_cache> cache, std::shared_ptr<cache_keys> keys) {
  return [cache = std::move(cache), keys = std::move(keys)](handler_ptr inner) -> handler_ptr {
    if (!cache)
      return inner;
    return std::make_shared<cache_layer>(cache, keys, std::move(inner));
  };
}

} // namespace weir::inline v0
