#include "batch/engine/job.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include <weir/core/as_result.hpp>
#include <weir/core/executor.hpp>

#include "batch/output/record.hpp"
#include "core/async/ration.hpp"
#include "policy/settings_error.hpp"

namespace weir::inline v0::batch_engine {

namespace asio = boost::asio;

namespace {

bool is_answer(outcome o) noexcept { return o == outcome::complete || o == outcome::length || o == outcome::filtered; }

std::optional<outcome> outcome_of_kind(std::uint8_t kind) noexcept {
  if (!is_result(kind))
    return std::nullopt;
  return static_cast<outcome>(kind - record_kind(outcome::complete));
}

constexpr std::size_t most_in_flight = 1u << 30; // multiples of it are numbers too

core_limits limits_of(const batch_options& o) {
  const auto invalid = [](const char* what) { throw error(errc::invalid_argument, what); };
  if (o.in_flight() == 0)
    invalid("batch_options::in_flight() must be at least 1");
  if (o.dedupe() && !o.journal())
    invalid("batch_options::dedupe() needs a journal, where the answers are kept that other items get as well");
  core_limits l;
  l.in_flight = std::min(o.in_flight(), most_in_flight);
  l.ordered = o.ordered();
  l.rounds = o.rounds();
  l.max_again = o.max_again();
  l.max_failures_in_a_row = o.max_failures_in_a_row();
  l.longest_outage = o.longest_outage();
  return l;
}

std::string place_of(const batch_item& item) {
  return item.origin().empty() ? std::string() : " (" + item.origin() + ")";
}

// The item's own: `index` is how many were read before it.
void describe(batch_result& r, const batch_item& item, std::uint64_t index) {
  r.id = item.id();
  r.index = item.place().value_or(index);
  r.columns = item.columns();
  r.origin = item.origin();
}

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

constexpr std::size_t longest_id = 64 << 10; // in a journal

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

job::job(std::unique_ptr<asker> by, batch_options o)
    : by_(std::move(by)), options_(std::move(o)), core_(limits_of(options_)) {}

asio::awaitable<batch_report> job::run(std::shared_ptr<job> self, batch_source& from, batch_sink& to) {
  auto& j = *self;
  j.ex_ = co_await asio::this_coro::executor;
  {
    const std::lock_guard lock(j.mutex_);
    if (std::exchange(j.began_, true))
      throw error(errc::invalid_argument, "a batch runs once: make another one");
    j.inbox_ = std::make_shared<inbox<arrival>>(scope_of(j.ex_)->inner(), [&j] {
      j.obey(); // the writer may be waiting for the sink
      j.wake_writer();
    });
    j.bell_ = j.inbox_;
    j.time_ = &time_of(j.ex_);
    j.tally_.emplace(j.now());
    j.tally_->total(from.size());
  }
  // Whatever ends this coroutine, also without its being resumed: nothing refers to the job afterwards.
  const std::unique_ptr<job, void (*)(job*)> leaving(&j, [](job* left) { left->leave(); });
  j.attach(asio::query(j.ex_, asio::execution::context));
  j.reader_.emplace(j.ex_);
  j.writer_.emplace(j.ex_);
  j.by_->begin(j.ex_);
  j.reads_ = true;
  j.reading_.emplace(j.ex_);
  j.reading_->spawn(j.read_all(from));

  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  auto writing = as_result(j.write_all(to));
  if (const auto wrote = co_await std::move(writing); !wrote) {
    j.fail(std::make_exception_ptr(error(wrote.error())));
    j.by_->cancel();
  }
  auto joining = as_result(j.reading_->join());
  co_await std::move(joining);
  const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
  co_await asio::this_coro::throw_if_cancelled(throws);

  batch_report report;
  {
    const std::lock_guard lock(j.mutex_);
    report = j.tally_->report(j.now(), j.core_.why());
    j.last_ = report;
    j.time_ = nullptr;
  }
  if (j.error_)
    std::rethrow_exception(j.error_);
  if (cancelled)
    throw error(errc::cancelled, "the batch was cancelled");
  co_return report;
}

asio::awaitable<void> job::read_all(batch_source& from) {
  const auto self = shared_from_this();
  try {
    for (unsigned n = 1;; ++n) {
      while (!core_.may_read(now()) && !core_.draining() && !core_.at_end())
        co_await reader_->wait();
      if (core_.draining())
        break;
      auto item = co_await from.next();
      if (core_.draining())
        break;
      if (!item) {
        core_.input_ended();
        break;
      }
      take(std::move(*item));
      if (n % 64 == 0)
        co_await give_way();
    }
  } catch (...) {
    if (!core_.draining())
      fail(std::current_exception());
  }
  reads_ = false;
  if (core_.at_end() && !from.size())
    count([this](batch_tally& t) { t.total(core_.items_read()); });
  wake_writer();
}

asio::awaitable<void> job::write_all(batch_sink& to) {
  for (;;) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (!stopped_ && state.cancelled() != asio::cancellation_type::none)
      want(true); // once: it rings the bell
    obey();
    handle_arrivals();
    while (auto r = next_ready()) {
      std::exception_ptr failed;
      try {
        if (!sink_failed_) {
          auto writing = to.write(std::move(*r));
          co_await std::move(writing);
        }
      } catch (...) {
        failed = std::current_exception();
      }
      if (failed) {
        sink_failed_ = true;
        fail(failed);
      }
      core_.written();
      obey();
      handle_arrivals();
      wake_reader();
    }
    start_again();
    if (core_.finished() && !reads_)
      co_return;
    wake_reader();
    co_await writer_->wait();
  }
}

void job::take(batch_item item) {
  if (item.id().size() > longest_id && options_.journal())
    throw error(errc::invalid_argument, "an id" + place_of(item) + " is longer than 64 KiB");
  refuse_duplicate(item);
  const auto index = core_.read();
  count([](batch_tally& t) { t.read(); });
  if (const auto why = item.rejection()) {
    core_.skipped();
    batch_result r;
    describe(r, item, index);
    r.failure = *why;
    running_.insert(r.id);
    keep(nullptr, std::move(r), item.fingerprint(), index);
    return;
  }
  if (item.fingerprint() == 0)
    item.fingerprint(batch_fingerprint(item.request()));
  if (restore(item, index) || follow(item, index))
    return;
  const auto e = std::make_shared<entry>(std::move(item));
  e->index = index;
  running_.insert(e->item.id());
  if (options_.dedupe())
    leaders_[e->item.fingerprint()] = e;
  core_.started();
  count([](batch_tally& t) { t.started(); });
  start(e);
}

void job::refuse_duplicate(const batch_item& item) {
  bool there = running_.contains(item.id());
  if (!there && options_.journal()) {
    const auto known = options_.journal()->find(item.id());
    there = known && (known->position >= begun_at_ || restored_.contains(known->position));
  } else if (!there) {
    there = !seen_.insert(item.id());
  }
  if (there)
    throw error(errc::invalid_argument,
                "the id \"" + item.id() + "\" comes twice" + place_of(item) + ": each item needs an id of its own");
}

// Whether an earlier run has answered it.
bool job::restore(const batch_item& item, std::uint64_t index) {
  if (!options_.journal())
    return false;
  const auto known = options_.journal()->find(item.id());
  if (!known)
    return false;
  const auto ended = outcome_of_kind(known->kind);
  if (!ended || !is_answer(*ended))
    return false;
  if (known->fingerprint != item.fingerprint()) {
    if (options_.force())
      return false;
    throw error(errc::invalid_argument, "the item \"" + item.id() + "\"" + place_of(item) +
                                            " was answered in an earlier run, and its request has changed since: undo "
                                            "the change, use another journal, or force it to be asked again");
  }
  if (options_.dedupe())
    answers_.emplace(item.fingerprint(), known->position);
  if (!options_.replay()) {
    core_.skipped();
    restored_.insert(known->position);
    batch_result r;
    r.outcome = *ended;
    r.restored = true;
    count([&r](batch_tally& t) { t.done_at_once(r); });
    core_.written();
    skip(index);
    return true;
  }
  auto r = read_result(options_.journal()->read(known->position));
  core_.skipped();
  restored_.insert(known->position);
  describe(r, item, index);
  r.restored = true;
  count([&r](batch_tally& t) { t.done_at_once(r); });
  ready(std::move(r), index);
  return true;
}

// Whether an item that asks the same is being asked, or has been answered.
bool job::follow(batch_item& item, std::uint64_t index) {
  if (!options_.dedupe())
    return false;
  if (const auto found = leaders_.find(item.fingerprint()); found != leaders_.end()) {
    running_.insert(item.id());
    if (found->second->answer) {
      core_.skipped();
      finish_follower(*found->second->answer, index, item);
    } else {
      core_.followed();
      found->second->followers.emplace_back(index, std::move(item));
    }
    return true;
  }
  if (const auto found = answers_.find(item.fingerprint()); found != answers_.end()) {
    const auto answer = read_result(options_.journal()->read(found->second));
    running_.insert(item.id());
    core_.skipped();
    finish_follower(answer, index, item);
    return true;
  }
  return false;
}

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
  r.calls = std::max(1u, r.calls);
  // The job's own deadline says nothing of the item.
  if (r.failure.code() == errc::deadline_exceeded && scope_of(ex_)->deadline() <= now())
    r.failure.code(make_error_code(errc::cancelled));
  if (r.failure.code() != errc::over_budget) // else nothing was sent
    count([&](batch_tally& t) { t.called(r, now()); });
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

// To the end of those that were postponed, before the others.
void job::put_back(const entry_ptr& e) {
  e->not_before = now();
  again_.insert(again_.begin() + static_cast<std::ptrdiff_t>(core_.postponed() - 1), e);
  core_.next_again(again_.front()->not_before);
  count([](batch_tally& t) { t.again(); });
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

void job::finish_follower(const batch_result& leader, std::uint64_t index, const batch_item& item) {
  auto r = leader;
  r.same_as = leader.id;
  describe(r, item, index);
  r.calls = 0;
  r.attempts = 0;
  r.restored = false;
  if (r.cost)
    r.cost = money();
  keep(nullptr, std::move(r), item.fingerprint(), index);
}

void job::keep(const entry_ptr& e, batch_result r, std::uint64_t fingerprint, std::uint64_t index) {
  if (!options_.journal())
    return saved(e, std::move(r), {}, index);
  const bool first_of_all = begun_at_ == std::numeric_limits<std::uint64_t>::max();
  const auto id = first_of_all ? r.id : std::string();
  const auto held = std::make_shared<arrival>();
  held->what = arrival::kind::saved;
  held->of = e;
  held->index = index;
  held->result = std::move(r);
  try {
    options_.journal()->append(result_record(held->result, fingerprint), [box = inbox_, held](error_code ec) {
      held->ec = ec;
      box->put(std::move(*held));
    });
    // A journal may have been open for another job before: what this one has written begins with its first record.
    if (const auto first = first_of_all ? options_.journal()->find(id) : std::nullopt)
      begun_at_ = first->position;
  } catch (...) {
    fail(std::current_exception());
    saved(e, std::move(held->result), make_error_code(errc::not_saved), index);
  }
}

void job::saved(const entry_ptr& e, batch_result r, error_code ec, std::uint64_t index) {
  running_.erase(r.id);
  if (e)
    core_.saved();
  if (e && options_.dedupe()) {
    leaders_.erase(e->item.fingerprint());
    if (const auto kept = options_.journal()->find(r.id); !ec && kept && r.succeeded())
      answers_.emplace(e->item.fingerprint(), kept->position);
  }
  if (ec) {
    if (e)
      count([](batch_tally& t) { t.given_up(); });
    core_.written();
    skip(index);
    return fail(std::make_exception_ptr(error(errc::not_saved, "the results can no longer be written to the journal " +
                                                                   options_.journal()->path() +
                                                                   ": make room, and run the job again")));
  }
  count([&](batch_tally& t) { e ? t.done(r, now()) : t.done_at_once(r); });
  ready(std::move(r), index);
}

void job::ready(batch_result r, std::uint64_t index) {
  if (options_.ordered())
    held_back_[index] = std::move(r);
  else
    ready_.push_back(std::move(r));
  wake_writer();
}

void job::skip(std::uint64_t index) {
  if (options_.ordered())
    held_back_[index] = std::nullopt;
  wake_writer();
}

std::optional<batch_result> job::next_ready() {
  if (!options_.ordered()) {
    if (ready_.empty())
      return std::nullopt;
    std::optional<batch_result> r(std::move(ready_.front()));
    ready_.pop_front();
    return r;
  }
  const bool last = core_.draining() && core_.in_flight() == 0 && !reads_;
  while (!held_back_.empty() && (held_back_.begin()->first == next_index_ || last)) {
    auto first = held_back_.extract(held_back_.begin());
    next_index_ = first.key() + 1;
    core_.moved_to(next_index_);
    if (first.mapped())
      return std::move(first.mapped());
  }
  return std::nullopt;
}

void job::fail(std::exception_ptr why) noexcept {
  if (!error_)
    error_ = why;
  core_.drain(failure_of(why).describe());
  stop_reading();
}

void job::stop_reading() noexcept {
  if (reading_)
    reading_->cancel();
  wake_reader();
}

void job::wake_reader() noexcept {
  if (reader_)
    reader_->set();
}

void job::wake_writer() noexcept {
  if (writer_)
    writer_->set();
}

// Under a job that its user still holds: what belongs to the context goes with it.
void job::on_shutdown() noexcept {
  reader_.reset();
  writer_.reset();
  again_alarm_.cancel();
  close_progress();
}

void job::close_progress() noexcept {
  const std::lock_guard lock(mutex_);
  if (time_)
    last_ = tally_->progress(time_->now());
  time_ = nullptr;
  bell_.reset();
}

// The end of run(), also of one whose coroutine is destroyed.
void job::leave() noexcept {
  inbox_->close();
  close_progress();
  if (!writer_)
    return; // its context was destroyed
  by_->cancel();
  stop_reading();
  again_alarm_.cancel();
  if (reads_)
    return; // the reader, which holds the job, ends soon
  detach();
  reader_.reset();
  writer_.reset();
}

void job::want(bool stop) noexcept {
  const std::lock_guard lock(mutex_);
  if (stop)
    wish_ = wish::stop;
  else if (wish_ == wish::none)
    wish_ = wish::drain;
  if (bell_)
    bell_->put(arrival());
}

void job::obey() {
  wish w;
  {
    const std::lock_guard lock(mutex_);
    w = wish_;
  }
  if (w == wish::none)
    return;
  core_.drain(w == wish::stop ? "it was stopped" : "it was told to end");
  stop_reading();
  if (w == wish::stop && !std::exchange(stopped_, true))
    by_->cancel();
}

batch_progress job::progress() const {
  const std::lock_guard lock(mutex_);
  return time_ ? tally_->progress(time_->now()) : last_;
}

} // namespace weir::inline v0::batch_engine
