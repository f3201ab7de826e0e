#include "tool/batch/batch_session.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <weir/policy/observe/observe.hpp>

#include "batch/report/numbers.hpp"
#include "tool/batch/job_hold.hpp"
#include "tool/batch/job_loop.hpp"
#include "tool/batch/no_sink.hpp"
#include "tool/batch/stop_words.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

using steady = std::chrono::steady_clock;

// A call in flight at the deadline is lost, so no new one begins when it would hardly end.
constexpr auto shortest_call = std::chrono::seconds(1);

} // namespace

// What all calls cost, and how often the provider lately asked for a slower pace.
class batch_session::watch final : public observer {
public:
  void attempt_ended(const call_record&, const attempt& a) noexcept override {
    if (a.failure.code() == condition::throttled || a.failure.code() == errc::overloaded)
      throttled_ = steady::now();
  }
  void call_ended(const call_record& c) noexcept override {
    if (!c.failure)
      last_answer_ = steady::now();
    if (!c.failure || c.failure.code() == errc::cancelled)
      return;
    try {
      last_failure_ = c.failure;
    } catch (...) { // an exit code less
    }
  }
  const failure& last_failure() const noexcept { return last_failure_; }
  /// Nothing is in flight that an answer could come of.
  void idle() noexcept { last_answer_ = steady::now(); }
  duration silent() const noexcept { return steady::now() - last_answer_; }
  bool is_throttled() const { return throttled_ && steady::now() - *throttled_ < std::chrono::seconds(5); }
  void entered(const ledger_entry& e) { spent_.add(e); }
  const spending& spent() const noexcept { return spent_; }

private:
  std::optional<steady::time_point> throttled_;
  steady::time_point last_answer_ = steady::now();
  failure last_failure_;
  spending spent_;
};

batch_session::batch_session(weir::options settings, batch_session_options o)
    : options_(std::move(o)), watch_(std::make_shared<watch>()), display_(options_.quiet, options_.status, words()) {
  settings.observe(watch_);
  const auto of_job = on_entry([w = watch_](const ledger_entry& e) { w->entered(e); });
  settings.ledger(settings.ledger() ? ledgers({settings.ledger(), of_job}) : of_job);
  client_.emplace(std::move(settings));
}

batch_session::~batch_session() = default;

job_words batch_session::words() {
  job_words w;
  w.line = [this](std::size_t columns) { return progress_line(progress(), reason(), columns); };
  w.sentence = [this] { return progress_sentence(progress(), reason()); };
  w.json = [this] { return progress_json(progress(), reason()); };
  return w;
}

std::exception_ptr batch_session::run(batch_options o, batch_source& from) {
  no_sink to;
  job_.emplace(*client_, std::move(o));
  display_.begin();
  asio::cancellation_signal unused;
  auto end = run_job_loop(io_, job_->run(from, to), unused, [this] { obey(); }, [this] { tick(); });
  display_.end();
  report_ = std::move(end.report);
  static_cast<batch_progress&>(report_) = end.failed ? job_->progress() : progress();
  if (end.failed)
    report_.stopped = failure_of(end.failed).describe();
  tell_why_stopped(report_, told_end_ || told_stop_, late_);
  client_->close();
  io_.restart();
  io_.poll();
  return end.failed;
}

const failure& batch_session::last_failure() const noexcept { return watch_->last_failure(); }

void batch_session::obey() {
  if (signals::take_report_request())
    display_.tell();
  if (signals::received() != 0 && !std::exchange(told_stop_, true)) {
    display_.say("weir: stopping now; what is in flight is given up, and asked again when the command is run again");
    job_->stop();
  } else if (signals::wants_end() != 0 && !std::exchange(told_end_, true)) {
    const auto n = progress().in_flight;
    display_.say(n == 0 ? std::string("weir: ending; nothing is in flight")
                        : fmt::format("weir: finishing {} in flight; once more ends {} too",
                                      counted(n, "call", "calls"), n == 1 ? "it" : "them"));
    job_->drain();
  }
}

void batch_session::tick() {
  obey();
  if (job_->progress().in_flight == 0)
    watch_->idle();
  if (options_.deadline) {
    const auto left = *options_.deadline - std::chrono::system_clock::now();
    const auto p = job_->progress();
    const auto usual = p.calls_per_s > 0 && p.in_flight > 0
                           ? std::chrono::duration<double>(static_cast<double>(p.in_flight) / p.calls_per_s)
                           : std::chrono::duration<double>(shortest_call);
    if (left <= usual && !std::exchange(late_, true)) {
      display_.say("weir: the deadline is near: nothing further is started");
      job_->drain();
    }
    if (left <= std::chrono::system_clock::duration())
      job_->stop();
  }
  display_.tick();
}

batch_progress batch_session::progress() const {
  auto p = job_->progress();
  // What is on its way to the journal is no longer in flight.
  p.in_flight = std::min<std::uint64_t>(p.in_flight, options_.in_flight);
  // Retries, and calls that were given up, cost something too.
  const auto& spent = watch_->spent();
  if (!spent.cost.empty())
    p.cost = spent.cost;
  p.unpriced = spent.unpriced;
  p.cost_estimated = p.cost_estimated || spent.estimated != 0;
  return p;
}

hold batch_session::reason() const {
  job_moment m;
  m.client = client_->inspect();
  m.job = progress();
  m.most_in_flight = options_.in_flight;
  m.throttled = watch_->is_throttled();
  m.ending = told_end_ || late_;
  m.last_failure = watch_->last_failure();
  m.silent = watch_->silent();
  m.now = std::chrono::system_clock::now();
  return hold_of(m);
}

} // namespace weir::inline v0::cli
