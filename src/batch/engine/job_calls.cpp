// The calls of a job: what starts them, and what becomes of their answers.
#include "batch/engine/job.hpp"

#include <algorithm>
#include <utility>

#include <weir/core/executor.hpp>

#include "batch/engine/item_result.hpp"

namespace weir::inline v0::batch_engine {

namespace {

// What a result is taken for in the journal, at least.
constexpr std::uint64_t usual_record = 16 << 10;
// Likewise one whose bytes cannot be written to files, such as a picture: its record has them then.
constexpr std::uint64_t usual_bytes = 4 << 20;

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
class job::call final : public asked {
public:
  call(std::shared_ptr<inbox<arrival>> to, entry_ptr e) : to_(std::move(to)), entry_(std::move(e)) {}
  ~call() override {
    if (reported_)
      return;
    batch_result r;
    r.outcome = outcome::cancelled;
    r.failure = failure(errc::cancelled, "the client was closed while it was asked");
    entry_->result = std::move(r);
    report();
  }
  const batch_item& item() const noexcept override { return entry_->item; }
  batch_result& result() noexcept override { return entry_->result; }
  void report() override {
    reported_ = true;
    arrival a;
    a.what = arrival::kind::answer;
    a.of = entry_;
    to_->put(std::move(a));
  }

private:
  std::shared_ptr<inbox<arrival>> to_;
  entry_ptr entry_;
  bool reported_ = false;
};

void job::start(const entry_ptr& e) { by_->start(std::make_shared<call>(inbox_, e)); }

void job::start_first(const entry_ptr& e) {
  core_.started();
  count([](batch_tally& t) { t.started(); });
  start(e);
}

// Whether the journal has room for the result of one more call beside those in flight, which are paid for: a disk that
// fills up meanwhile takes theirs all the same. Of a result nothing is known before but those that came already.
bool job::has_room() {
  if (!options_.journal())
    return true;
  const auto bytes = files_ ? files_->largest().value_or(usual_bytes) : 0;
  const auto each = std::max(usual_record, largest_record_) + bytes;
  if (options_.journal()->reserve((core_.in_flight() + core_.following() + 1) * each))
    return true;
  if (core_.in_flight() != 0)
    return false;
  auto why = options_.journal()->failure();
  if (!why)
    why = failure(errc::not_saved, "the disk of the journal " + options_.journal()->path() +
                                       " has no room for another result, so nothing more is sent: make room (or raise "
                                       "ulimit -f), and run the job again");
  fail(std::make_exception_ptr(error(std::move(why))));
  return false;
}

void job::start_again() {
  while (!again_.empty() && core_.may_start_again(now()) && has_room()) {
    const auto e = std::move(again_.front());
    again_.pop_front();
    core_.next_again(again_.empty() ? std::nullopt : std::optional(again_.front()->not_before));
    core_.started_again();
    count([](batch_tally& t) { t.restarted(); });
    start(e);
  }
  const auto at = core_.wakes_at(now());
  if (at && again_alarm_.when() != *at)
    again_alarm_.set(time_of(ex_), ex_, *at, [this] { wake_writer(); });
  count([until = core_.in_flight() == 0 ? at : std::nullopt](batch_tally& t) { t.held(until); });
}

// Not by the writer, which may be waiting for the sink.
void job::handle_arrivals() noexcept {
  try {
    obey();
    inbox_->take(arrived_);
    for (auto& a : arrived_) {
      if (a.what == arrival::kind::answer)
        answered(std::static_pointer_cast<entry>(std::move(a.of)));
      else if (a.what == arrival::kind::saved)
        saved(a.of, a.ec);
    }
    arrived_.clear();
  } catch (...) {
    broken_ = std::current_exception();
  }
  // What is ready wakes it too.
  if (broken_ || !again_.empty() || core_.draining() || core_.finished())
    wake_writer();
  wake_reader();
}

void job::answered(const entry_ptr& e) {
  auto& r = e->result;
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
  if (e->so_far)
    add_earlier(r, *e->so_far);
  switch (core_.answered(r.failure, is_answer(r.outcome), e->round, e->followers.size(), now())) {
  case verdict::again:
    e->not_before = core_.not_before(r.failure, e->round, now());
    ++e->round;
    ask_later(e);
    return;
  case verdict::postponed: put_back(e); return;
  case verdict::deferred:
    e->not_before = now();
    ask_later(e);
    return;
  case verdict::given_up: give_up(e); break;
  case verdict::final_result: finish(e); break;
  }
  if (core_.draining())
    stop_reading();
}

// Behind all others that wait. What was tried may have been paid for, of a call that an open circuit ended too.
void job::ask_later(const entry_ptr& e) {
  e->result.value.reset();
  e->so_far = std::make_unique<batch_result>(std::move(e->result));
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

void job::finish(const entry_ptr& e) {
  if (options_.dedupe())
    e->answer = std::make_unique<batch_result>(e->result);
  const auto followers = std::exchange(e->followers, {});
  for (const auto& [index, item] : followers)
    finish_follower(e->result, index, item);
  keep(e, e->item.fingerprint());
}

} // namespace weir::inline v0::batch_engine
