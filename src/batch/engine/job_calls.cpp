// The calls of a job: what starts them, and what becomes of their answers.
#include "batch/engine/job.hpp"

#include <algorithm>
#include <utility>

#include <weir/core/executor.hpp>

#include "batch/engine/item_result.hpp"

namespace weir::inline v0::batch_engine {

namespace {

// What was used and paid in earlier rounds belongs to the item's result.
void add_earlier(batch_result& r, const batch_result& earlier) {
  r.calls += earlier.calls;
  r.attempts += earlier.attempts;
  if (!earlier.cost)
    return;
  if (!r.cost) {
    r.cost = earlier.cost;
    r.currency = earlier.currency;
  } else if (r.currency == earlier.currency) {
    *r.cost += *earlier.cost;
  }
  r.cost_estimated = r.cost_estimated || earlier.cost_estimated;
}

// Whether a call reached the network, or may have.
bool was_sent(const batch_result& r) {
  if (is_answer(r.outcome))
    return !r.restored; // from a file of an earlier run
  const auto& code = r.failure.code();
  return r.attempts > 0 || r.failure.status() != 0 ||
         !(code == condition::configuration || code == errc::over_budget || code == errc::circuit_open ||
           code == errc::limit_reached || code == errc::pool_exhausted);
}

} // namespace

// Reports what a call came to, once. Where nobody can do that any more, because what it ran on has been destroyed, the
// call is cancelled.
class job::call_report {
public:
  call_report(std::shared_ptr<inbox<arrival>> to, entry_ptr e) : to_(std::move(to)), entry_(std::move(e)) {}
  call_report(const call_report&) = delete;
  call_report& operator=(const call_report&) = delete;
  ~call_report() {
    if (!entry_)
      return;
    batch_result r;
    r.outcome = outcome::cancelled;
    r.failure = failure(errc::cancelled, "the client was closed while it was asked");
    (*this)(std::move(r));
  }
  void operator()(batch_result r) {
    arrival a;
    a.what = arrival::kind::answer;
    a.of = std::exchange(entry_, nullptr);
    a.result = std::move(r);
    to_->put(std::move(a));
  }

private:
  std::shared_ptr<inbox<arrival>> to_;
  entry_ptr entry_;
};

void job::start(const entry_ptr& e) {
  by_->start(std::shared_ptr<const batch_item>(e, &e->item),
             [report = std::make_shared<call_report>(inbox_, e)](batch_result r) { (*report)(std::move(r)); });
}

void job::start_again() {
  while (!again_.empty() && core_.may_start_again(now())) {
    const auto e = std::move(again_.front());
    again_.pop_front();
    core_.next_again(again_.empty() ? std::nullopt : std::optional(again_.front()->not_before));
    core_.started_again();
    count([](batch_tally& t) { t.restarted(); });
    start(e);
  }
  if (const auto at = core_.wakes_at(now()); at && again_alarm_.when() != *at)
    again_alarm_.set(time_of(ex_), ex_, *at, [this] { wake_writer(); });
}

void job::handle_arrivals() {
  for (auto& a : inbox_->take()) {
    if (a.what == arrival::kind::answer)
      answered(a.of, std::move(a.result));
    else if (a.what == arrival::kind::saved)
      saved(a.of, std::move(a.result), a.ec, a.index);
  }
}

void job::answered(const entry_ptr& e, batch_result r) {
  describe(r, e->item, e->index);
  // The job's own deadline says nothing of the item.
  if (r.failure.code() == errc::deadline_exceeded && scope_of(ex_)->deadline() <= now())
    r.failure.code(make_error_code(errc::cancelled));
  if (was_sent(r)) {
    r.calls = std::max(1u, r.calls);
    count([&](batch_tally& t) { t.called(r, now()); });
  } else {
    r.calls = 0;
  }
  if (files_)
    if (auto why = files_->problem(); !why.empty())
      fail(std::make_exception_ptr(error(errc::not_saved, std::move(why))));
  add_earlier(r, e->so_far);
  switch (core_.answered(r.failure, is_answer(r.outcome), e->round, e->followers.size(), now())) {
  case verdict::again:
    e->not_before = core_.not_before(r.failure, e->round, now());
    ++e->round;
    r.value.reset();
    e->so_far = std::move(r);
    again_.push_back(e);
    core_.next_again(again_.front()->not_before);
    count([](batch_tally& t) { t.again(); });
    return;
  case verdict::postponed: put_back(e); return;
  case verdict::deferred: defer(e, std::move(r)); return;
  case verdict::given_up: give_up(e); break;
  case verdict::final_result: finish(e, std::move(r)); break;
  }
  if (core_.draining())
    stop_reading();
}

// Behind all others that wait. An attempt may have been paid for before the circuit opened.
void job::defer(const entry_ptr& e, batch_result r) {
  r.value.reset();
  e->so_far = std::move(r);
  e->not_before = now();
  again_.push_back(e);
  core_.next_again(again_.front()->not_before);
  count([](batch_tally& t) { t.again(); });
}

// To the end of those that were postponed, before the others.
void job::put_back(const entry_ptr& e) {
  e->not_before = now();
  again_.insert(again_.begin() + static_cast<std::ptrdiff_t>(core_.postponed() - 1), e);
  core_.next_again(again_.front()->not_before);
  count([](batch_tally& t) { t.again(); });
}

void job::give_up(const entry_ptr& e) {
  count([](batch_tally& t) { t.given_up(); });
  running_.erase(e->item.id());
  skip(e->index);
  for (const auto& [index, item] : e->followers) {
    running_.erase(item.id());
    skip(index);
  }
  leaders_.erase(e->item.fingerprint());
}

void job::finish(const entry_ptr& e, batch_result r) {
  if (options_.dedupe())
    e->answer = r;
  const auto followers = std::exchange(e->followers, {});
  for (const auto& [index, item] : followers)
    finish_follower(r, index, item);
  keep(e, std::move(r), e->item.fingerprint(), e->index);
}

} // namespace weir::inline v0::batch_engine
