#include "client/call/job_source.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <new>

#include "client/transport/fetch.hpp"
#include "client/transport/limited.hpp"
#include "core/failure/failure_of.hpp"
#include "task/one_reader.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

constexpr unsigned max_poll_failures = 5;
constexpr unsigned max_downloads = 3;
constexpr auto poll_wait = std::chrono::seconds(30);
constexpr auto report_pace = std::chrono::milliseconds(250);
// How long the request that cancels a job may take.
constexpr auto cancel_wait = std::chrono::seconds(2);

bool passing(const failure& f) {
  return f.code() == condition::transient || f.code() == condition::throttled || f.code() == errc::stalled ||
         f.code() == errc::truncated || f.code() == errc::key_unavailable;
}

// By value, and without regard to what comes back: the job is given up either way.
asio::awaitable<void> cancel_job(std::shared_ptr<transport> via, provider::route_ptr to,
                                 std::shared_ptr<const http::request> request) {
  try {
    const auto ex = co_await asio::this_coro::executor;
    const auto visit = via->enter(ex);
    const auto now = time_of(ex).now();
    const auto call =
        co_await via->open(std::move(to), std::move(request), {}, duration(), std::make_shared<attempt>(), now);
    co_await read_body(*call, 64u << 10);
  } catch (const std::exception&) {
  }
}

asio::awaitable<void> cancel_job_in_time(std::shared_ptr<transport> via, provider::route_ptr to,
                                         std::shared_ptr<const http::request> request) {
  try {
    co_await shield(cancel_wait, cancel_job(std::move(via), std::move(to), std::move(request)));
  } catch (const std::exception&) {
  }
}

} // namespace

bool is_whole(provider::job_protocol& job, const task_request& ask) {
  const auto parts = job.parts();
  return std::all_of(parts.begin(), parts.end(), [&ask](const media* m) {
    const bool there = !m->bytes.empty() || ask.keeps_urls();
    return there && ask.saved_to().empty() && m->bytes.size() <= ask.most_bytes();
  });
}

job_source::job_source(key, std::shared_ptr<transport> via, std::shared_ptr<scope> in, provider::route_ptr to,
                       std::shared_ptr<const task_request> ask, std::unique_ptr<provider::job_protocol> job,
                       provider::step first, destination out, std::shared_ptr<weir::attempt> record, time_point begin)
    : source_state(std::move(in), std::move(record), begin), via_(std::move(via)), work_(scope_->child()),
      to_(std::move(to)), ask_(std::move(ask)), job_(std::move(job)), step_(std::move(first)), out_(std::move(out)) {}

std::shared_ptr<job_source> job_source::start(std::shared_ptr<transport> via, std::shared_ptr<scope> in,
                                              provider::route_ptr to, std::shared_ptr<const task_request> ask,
                                              std::unique_ptr<provider::job_protocol> job, provider::step first,
                                              destination out, std::shared_ptr<weir::attempt> record,
                                              time_point begin) {
  auto made = std::make_shared<job_source>(key(), std::move(via), std::move(in), std::move(to), std::move(ask),
                                           std::move(job), std::move(first), std::move(out), std::move(record), begin);
  made->follow_scope();
  return made;
}

asio::awaitable<bool> job_source::ready() {
  const auto self = shared_from_this();
  if (!peeked_)
    peeked_ = co_await next();
  co_return peeked_.has_value();
}

asio::awaitable<std::optional<event>> job_source::next() {
  const auto self = shared_from_this();
  const one_reader here(reading_);
  if (peeked_)
    co_return std::exchange(peeked_, std::nullopt);
  std::optional<event> given;
  if (!ended_) {
    const auto ex = co_await asio::this_coro::executor;
    via_->check(ex);
    running_ = true;
    std::exception_ptr failed;
    try {
      given =
          co_await detail::run_in<std::optional<event>>(work_->child(), run(self), work_->deadline() != never, false);
    } catch (...) {
      failed = std::current_exception();
    }
    running_ = false;
    if (failed && !ended_)
      fail(failed);
    // Also where it was ended while there was something to give.
    if (ended_) {
      download_.reset();
      sink_.reset();
      cancel_job_now();
    }
  }
  if (ended_ && failure_)
    throw error(failure_);
  co_return given;
}

// A download ends with the coroutine that takes it, also where that is destroyed with its context.
class job_source::taking {
public:
  explicit taking(job_source& s) noexcept : source_(s) {}
  taking(const taking&) = delete;
  taking& operator=(const taking&) = delete;
  ~taking() {
    if (source_.ended_) {
      source_.download_.reset();
      source_.sink_.reset();
    }
  }

private:
  job_source& source_;
};

asio::awaitable<std::optional<event>> job_source::run(std::shared_ptr<source_state> self) {
  const taking now(static_cast<job_source&>(*self));
  if (step_.what == provider::step::kind::again) {
    if (!std::exchange(submitted_told_, true)) {
      auto first = step_.now;
      first.at = progress::stage::submitted;
      co_return report(std::move(first));
    }
    co_await sleep_for(step_.wait);
    co_await poll();
    if (step_.what == provider::step::kind::again)
      co_return report(step_.now);
  }
  if (step_.what == provider::step::kind::failed)
    throw error(step_.why);
  if (!std::exchange(done_, true))
    parts_ = job_->parts();
  auto loading = co_await fetch_parts();
  if (loading)
    co_return loading;
  usage_ = job_->used();
  result() = job_->take();
  finish(weir::outcome::complete, {});
  co_return std::nullopt;
}

asio::awaitable<void> job_source::poll() {
  for (unsigned failures = 1;; ++failures) {
    weir::failure why;
    try {
      co_await poll_once();
      co_return;
    } catch (const error& e) {
      why = e.failure();
    }
    const bool verdict = step_.result && why.code() == errc::server_error;
    if (verdict || !passing(why) || failures > max_poll_failures)
      throw error(why);
    co_await pause(failures, why.retry_after());
  }
}

asio::awaitable<void> job_source::poll_once() {
  const auto now = time_of(co_await asio::this_coro::executor).now();
  auto request = std::make_shared<const http::request>(step_.next);
  http::reader_limits limits;
  limits.body = plain_body_limit;
  auto opening = via_->open(to_, std::move(request), limits, duration(), std::make_shared<weir::attempt>(), now);
  auto call =
      co_await limited(poll_wait, std::move(opening), errc::stalled, "the provider does not say how the job is");
  if (to_->keys.issues()) { // Maybe another one.
    auto there = std::make_shared<provider::route>(*to_);
    there->auth = call->to->auth;
    to_ = std::move(there);
  }
  call = co_await accepted(std::move(call));
  const auto head = call->head;
  auto reading = read_body(*call, plain_body_limit);
  auto body =
      co_await limited(poll_wait, std::move(reading), errc::stalled, "the provider does not say how the job is");
  record_->bytes += body.size();
  const auto shown = body.substr(0, shown_of_answer);
  if (ask_->keeps_raw())
    record_->raw = provider::without_key(body, *call->to);
  step_ = job_->on_answer(head, std::move(body));
  if (step_.what == provider::step::kind::failed && step_.why.code() == errc::unexpected_content)
    step_.why = provider::unreadable(std::move(step_.why), *call->to, head, shown);
}

asio::awaitable<std::optional<event>> job_source::fetch_parts() {
  const auto& clock = time_of(co_await asio::this_coro::executor);
  while (part_ < parts_.size()) {
    auto& m = *parts_[part_];
    if (!is_left(m)) {
      co_await store(m);
      ++part_;
      continue;
    }
    std::exception_ptr failed;
    try {
      co_await fetch_piece(m);
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) {
      download_.reset();
      sink_.reset();
      const auto why = failure_of(failed);
      if (!passing(why) || ++tries_ >= max_downloads)
        std::rethrow_exception(failed);
      co_await pause(tries_, why.retry_after());
    } else if (download_ && clock.now() - last_report_ >= report_pace) {
      last_report_ = clock.now();
      progress now;
      now.at = progress::stage::downloading;
      now.job = job_id_;
      now.bytes = download_->received();
      now.total = download_->total();
      co_return report(std::move(now));
    }
  }
  co_return std::nullopt;
}

// Opens the download, or takes a piece of it, or ends it.
asio::awaitable<void> job_source::fetch_piece(media& m) {
  if (!download_) {
    if (to_->to.tls() && !m.url.starts_with("https://"))
      throw error(errc::unexpected_content, "the provider keeps its result at a place without TLS: not fetched");
    sink_ = out_.begin(part_);
    auto opened = std::make_unique<download>(via_, m.url, ask_->most_bytes());
    co_await opened->open();
    download_ = std::move(opened);
    co_return;
  }
  const auto piece = co_await download_->next();
  if (!piece.empty()) {
    sink_->write(piece);
    record_->bytes += piece.size();
    co_return;
  }
  if (download_->received() == 0)
    throw error(errc::unexpected_content, "the provider's result is an empty file");
  if (m.content_type.empty())
    m.content_type = download_->content_type();
  co_await sink_->commit(m);
  if (m.content_type.empty())
    m.content_type = content_type_of(m.bytes);
  sink_.reset();
  download_.reset();
  tries_ = 0;
  ++part_;
}

// What came in the answer itself.
asio::awaitable<void> job_source::store(media& m) {
  if (m.bytes.size() > ask_->most_bytes())
    throw error(errc::response_too_large,
                "the result is larger than the limit of " + std::to_string(ask_->most_bytes()) + " bytes");
  if (m.bytes.empty() || ask_->saved_to().empty())
    co_return;
  const auto file = out_.begin(part_);
  file->write(m.bytes);
  co_await file->commit(m);
}

event job_source::report(progress now) {
  ++record_->events;
  job_id_ = now.job;
  auto more = std::make_shared<event::details>();
  more->progress = std::move(now);
  return event(event::kind::progress, std::string(), 0, std::move(more));
}

// In the background: who has no time left shall not wait for it.
void job_source::cancel_job_now() noexcept {
  const bool over = done_ || step_.what != provider::step::kind::again;
  if (over || std::exchange(job_cancelled_, true))
    return;
  try {
    if (auto request = job_->cancel())
      asio::co_spawn(scope_->inner(),
                     cancel_job_in_time(via_, to_, std::make_shared<const http::request>(std::move(*request))),
                     asio::detached);
  } catch (const std::bad_alloc&) {
    // Then the job is not cancelled: there is no memory for the request.
  }
}

void job_source::fail(const std::exception_ptr& why) {
  auto f = provider::without_key(failure_of(why), *to_);
  if (f.code() == errc::deadline_exceeded && !job_id_.empty())
    f.message("the deadline was reached before job " + job_id_ + " was done" +
              (step_.now.status.empty() ? "" : " (" + step_.now.status + ")"));
  const auto how = outcome_of(f);
  finish(how, std::move(f));
}

void job_source::finish(weir::outcome o, weir::failure f) {
  if (ended_)
    return;
  conclude(o, std::move(f));
  // The provider accepted the job, and may have done the work.
  if (failure_ && step_.what != provider::step::kind::failed)
    record_->maybe_billed = true;
  tell_end();
}

void job_source::end_by(errc reason) noexcept {
  if (ended_)
    return;
  const auto self = weak_from_this().lock();
  auto why = failure_by(reason, {reason == errc::deadline_exceeded ? "the deadline was reached" : "cancelled"});
  const auto how = outcome_of(why);
  finish(how, std::move(why));
  work_->cancel(reason);
  if (running_)
    return; // next() finds it ended, and cancels the job
  download_.reset();
  sink_.reset();
  cancel_job_now();
}

} // namespace weir::inline v0
