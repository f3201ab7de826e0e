#include "tool/batch/batch_session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include <weir/policy/observe/observe.hpp>

#include "tool/output/failure_words.hpp"
#include "tool/output/output.hpp"
#include "tool/output/terminal.hpp"
#include "tool/private_files.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

using steady = std::chrono::steady_clock;

constexpr auto redraw = std::chrono::milliseconds(250);
constexpr auto line_every = std::chrono::seconds(10);
constexpr auto status_every = std::chrono::seconds(1);
// A call in flight at the deadline is lost, so no new one begins when it would hardly end.
constexpr auto shortest_call = std::chrono::seconds(1);

// What the server says stays as it is.
std::string own_words(const std::string& described) {
  const auto at = std::min(described.size(), described.find(" (the server says: "));
  return in_options(described.substr(0, at)) + described.substr(at);
}

// Results stay in the journal, of which the output is made at the end.
class no_sink final : public batch_sink {
public:
  asio::awaitable<void> write(batch_result) override { co_return; }
};

} // namespace

// What all calls cost, and how often the provider lately asked for a slower pace.
class batch_session::watch final : public observer {
public:
  void attempt_ended(const call_record&, const attempt& a) noexcept override {
    if (a.failure.code() == condition::throttled || a.failure.code() == errc::overloaded)
      throttled_ = steady::now();
  }
  void call_ended(const call_record& c) noexcept override {
    if (!c.failure || c.failure.code() == errc::cancelled)
      return;
    try {
      last_failure_ = c.failure;
    } catch (...) { // an exit code less
    }
  }
  const failure& last_failure() const noexcept { return last_failure_; }
  bool is_throttled() const { return throttled_ && steady::now() - *throttled_ < std::chrono::seconds(5); }
  void entered(const ledger_entry& e) { spent_.add(e); }
  const spending& spent() const noexcept { return spent_; }

private:
  std::optional<steady::time_point> throttled_;
  failure last_failure_;
  spending spent_;
};

batch_session::batch_session(weir::options settings, batch_session_options o)
    : options_(std::move(o)), watch_(std::make_shared<watch>()), line_(!options_.quiet) {
  settings.observe(watch_);
  const auto of_job = on_entry([w = watch_](const ledger_entry& e) { w->entered(e); });
  settings.ledger(settings.ledger() ? ledgers({settings.ledger(), of_job}) : of_job);
  client_.emplace(std::move(settings));
}

batch_session::~batch_session() = default;

batch_input_check batch_session::check(batch_input in) {
  asio::cancellation_signal stop;
  asio::posix::stream_descriptor signalled(io_, ::dup(signals::descriptor()));
  signalled.async_wait(asio::posix::stream_descriptor::wait_read, [&](error_code ec) {
    if (!ec)
      stop.emit(asio::cancellation_type::terminal);
  });
  batch_input_check found;
  std::exception_ptr failed;
  asio::co_spawn(io_, check_batch_input(std::move(in)),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, batch_input_check c) {
                   failed = e;
                   found = std::move(c);
                   signalled.close();
                 }));
  line_.begin();
  line_.show("Reading the input");
  io_.restart();
  io_.run();
  line_.end();
  if (failed)
    std::rethrow_exception(failed);
  return found;
}

std::exception_ptr batch_session::run(batch_options o, batch_source& from) {
  no_sink to;
  job_.emplace(*client_, std::move(o));
  std::exception_ptr failed;
  bool ended = false;
  asio::steady_timer timer(io_);
  asio::posix::stream_descriptor signalled(io_, ::dup(signals::descriptor()));
  asio::co_spawn(io_, job_->run(from, to), [&](std::exception_ptr e, batch_report r) {
    failed = e;
    report_ = std::move(r);
    ended = true;
    timer.cancel();
    signalled.close();
  });
  const std::function<void()> wait_for_signal = [&] {
    signalled.async_wait(asio::posix::stream_descriptor::wait_read, [&](error_code ec) {
      if (ec || ended)
        return;
      signals::drain_descriptor();
      obey();
      wait_for_signal();
    });
  };
  const std::function<void()> wait_for_time = [&] {
    timer.expires_after(redraw);
    timer.async_wait([&](error_code ec) {
      if (ec || ended)
        return;
      tick();
      wait_for_time();
    });
  };
  line_.begin();
  next_line_ = steady::now() + line_every;
  obey();
  wait_for_signal();
  wait_for_time();
  io_.restart();
  while (!ended)
    io_.run_one();
  line_.end();
  static_cast<batch_progress&>(report_) = failed ? job_->progress() : progress();
  if (failed)
    report_.stopped = failure_of(failed).describe();
  tell_why_stopped();
  write_status(true);
  client_->close();
  io_.restart();
  io_.poll();
  return failed;
}

const failure& batch_session::last_failure() const noexcept { return watch_->last_failure(); }

void batch_session::tell_why_stopped() {
  for (auto& kind : report_.failures)
    kind.example = own_words(kind.example);
  auto& why = report_.stopped;
  if (why.empty())
    return;
  if (told_end_ || told_stop_)
    why = "interrupted";
  else if (late_)
    why = "the deadline";
  else
    why = own_words(why);
  // Of a ceiling without a period it tells when that ends.
  if (why.starts_with("budget '--max-cost'"))
    why.resize(std::min(why.size(), why.find("; room again")));
}

void batch_session::obey() {
  if (signals::take_report_request())
    show(true);
  if (signals::received() != 0 && !std::exchange(told_stop_, true)) {
    line_.clear();
    say(stderr, "weir: stopping now; what is in flight is given up, and asked again when the command is run again\n");
    job_->stop();
  } else if (signals::wants_end() != 0 && !std::exchange(told_end_, true)) {
    line_.clear();
    say(stderr, "weir: finishing the {} calls in flight; once more ends them too\n", progress().in_flight);
    job_->drain();
  }
}

void batch_session::tick() {
  obey();
  if (options_.deadline) {
    const auto left = *options_.deadline - std::chrono::system_clock::now();
    const auto p = job_->progress();
    const auto usual = p.calls_per_s > 0 && p.in_flight > 0
                           ? std::chrono::duration<double>(static_cast<double>(p.in_flight) / p.calls_per_s)
                           : std::chrono::duration<double>(shortest_call);
    if (left <= usual && !std::exchange(late_, true)) {
      line_.clear();
      say(stderr, "weir: the deadline is near: nothing further is started\n");
      job_->drain();
    }
    if (left <= std::chrono::system_clock::duration())
      job_->stop();
  }
  const auto now = steady::now();
  if (line_.live())
    show(false);
  else if (now >= next_line_) {
    next_line_ = now + line_every;
    if (!options_.quiet)
      show(true);
  }
  if (!options_.status.empty() && now >= next_status_) {
    next_status_ = now + status_every;
    write_status(false);
  }
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

held_by batch_session::reason(const batch_progress& p) const {
  const auto state = client_->inspect();
  for (const auto& limit : state.rate_limits)
    if (limit.waiting_interactive + limit.waiting_batch > 0)
      return held_by::rate_limit;
  if (watch_->is_throttled())
    return held_by::provider;
  if (p.in_flight < options_.in_flight)
    return p.again > 0 || told_end_ ? held_by::nothing : held_by::input;
  return held_by::concurrency;
}

void batch_session::show(bool line) {
  const auto p = progress();
  const auto why = reason(p);
  if (line)
    tell_apart(stderr, progress_sentence(p, why) + '\n');
  else
    line_.show(progress_line(p, why, width_of(stderr) - 1));
}

void batch_session::write_status(bool last) {
  if (options_.status.empty() || status_failed_)
    return;
  try {
    auto text = last ? report_json(report_, report_places()) : progress_json(progress(), reason(job_->progress()));
    text += '\n';
    write_private(options_.status, text);
  } catch (const error& e) {
    // The job is worth more than what is told of it.
    status_failed_ = true;
    tell_apart(stderr, "weir: " + one_line(e.what()) + '\n');
  }
}

} // namespace weir::inline v0::cli
