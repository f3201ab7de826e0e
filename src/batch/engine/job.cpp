#include "batch/engine/job.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include <weir/core/as_result.hpp>
#include <weir/core/executor.hpp>

#include "core/async/ration.hpp"

namespace weir::inline v0::batch_engine {

namespace asio = boost::asio;

namespace {

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

} // namespace

job::job(std::unique_ptr<asker> by, batch_options o, std::shared_ptr<result_files> files)
    : by_(std::move(by)), options_(std::move(o)), files_(std::move(files)), core_(limits_of(options_)) {}

asio::awaitable<batch_report> job::run(std::shared_ptr<job> self, batch_source& from, batch_sink& to) {
  auto& j = *self;
  j.ex_ = co_await asio::this_coro::executor;
  {
    const std::lock_guard lock(j.mutex_);
    if (std::exchange(j.began_, true))
      throw error(errc::invalid_argument, "a batch runs once: make another one");
    j.inbox_ = std::make_shared<inbox<arrival>>(scope_of(j.ex_)->inner(), [&j] { j.handle_arrivals(); });
    j.bell_ = j.inbox_;
    j.time_ = &time_of(j.ex_);
    j.runs_ = true;
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
    j.runs_ = false;
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
      while (!core_.may_read(now()) && !core_.draining() && !core_.at_end()) {
        reader_waits_ = true;
        // What was read last may be what an item waits for that is asked again: a follower, which nothing else tells.
        if (!again_.empty())
          wake_writer();
        co_await reader_->wait();
        reader_waits_ = false;
      }
      if (core_.draining())
        break;
      auto item = co_await from.next();
      if (core_.draining())
        break;
      if (!item) {
        core_.input_ended();
        break;
      }
      const auto e = take(std::move(*item));
      while (e && !core_.draining() && !has_room()) {
        waits_for_room_ = true;
        co_await reader_->wait();
        waits_for_room_ = false;
      }
      if (e && core_.draining()) {
        leave_out(e);
        break;
      }
      if (e)
        start_first(e);
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
    if (const auto why = std::exchange(broken_, nullptr))
      std::rethrow_exception(why);
    while (auto* const r = next_ready()) {
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
      wake_reader();
    }
    start_again();
    if (core_.finished() && !reads_)
      co_return;
    wake_reader();
    co_await writer_->wait();
  }
}

// Null where there is none now. It stays where it is until the next one is wanted.
batch_result* job::next_ready() {
  if (!options_.ordered()) {
    if (written_ == writing_.size()) {
      writing_.clear();
      writing_.swap(ready_);
      written_ = 0;
    }
    return writing_.empty() ? nullptr : &writing_[written_++];
  }
  const bool last = core_.draining() && core_.in_flight() == 0 && !reads_;
  while (!held_back_.empty() && (held_back_.begin()->first == next_index_ || last)) {
    next_out_ = held_back_.extract(held_back_.begin());
    next_index_ = next_out_.key() + 1;
    core_.moved_to(next_index_);
    if (next_out_.mapped())
      return &*next_out_.mapped();
  }
  return nullptr;
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
  if (reader_)
    reader_->set();
}

// Where there is a place for an item.
void job::wake_reader() noexcept {
  if (reader_ && (waits_for_room_ || (reader_waits_ && core_.may_read(now())))) {
    reader_waits_ = false;
    reader_->set();
  }
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
  if (std::exchange(runs_, false))
    last_ = tally_->progress(time_->now());
  bell_.reset();
}

// The end of run(), also of one whose coroutine is destroyed.
void job::leave() noexcept {
  inbox_->close();
  close_progress();
  if (!writer_)
    return; // its context was destroyed
  by_->cancel();
  core_.drain("destroyed"); // so that the reader does not go to a source that may be gone
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
  return runs_ ? tally_->progress(time_->now()) : last_;
}

} // namespace weir::inline v0::batch_engine
