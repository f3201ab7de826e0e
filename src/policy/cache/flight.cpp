#include "policy/cache/flight.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

#include <weir/core/executor.hpp>
#include <weir/core/within.hpp>

#include "core/failure/failure_of.hpp"
#include "policy/alternatives/continuation.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// Sets a bell's timer for as long as it waits.
class waiting_at {
public:
  waiting_at(asio::steady_timer*& place, asio::steady_timer& timer) : place_(place) { place_ = &timer; }
  waiting_at(const waiting_at&) = delete;
  waiting_at& operator=(const waiting_at&) = delete;
  ~waiting_at() { place_ = nullptr; }

private:
  asio::steady_timer*& place_;
};

class ignore_end {
public:
  void operator()(std::exception_ptr) const noexcept {}
};

} // namespace

void bell::ring() noexcept {
  rung_ = true;
  if (timer_)
    timer_->cancel();
}

asio::awaitable<void> bell::wait() {
  const auto ex = co_await asio::this_coro::executor;
  asio::steady_timer timer(ex, asio::steady_timer::time_point::max());
  const waiting_at here(timer_, timer);
  rung_ = false;
  error_code ec;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  if (!rung_)
    throw boost::system::system_error(asio::error::operation_aborted);
}

flight::reader::reader(std::shared_ptr<flight> f) : flight_(std::move(f)) { flight_->readers_.push_back(this); }

const event* flight::reader::peek() const noexcept {
  const auto i = at_ - flight_->first_;
  return !cut_off_ && i < flight_->events_.size() ? &flight_->events_[i].what : nullptr;
}

void flight::reader::take() noexcept {
  ++at_;
  if (flight_->too_large_) {
    flight_->trim();
    flight_->room_.ring();
  }
}

void flight::reader::leave() noexcept {
  if (std::exchange(here_, false))
    flight_->left(*this);
}

flight::flight(std::shared_ptr<call> up, std::size_t most_bytes,
               std::function<void(flight&, std::optional<recorded_answer>)> on_end)
    : up_(std::move(up)), most_(most_bytes), on_end_(std::move(on_end)) {}

flight::~flight() {
  if (source_)
    source_->end_by(errc::cancelled);
}

void flight::start(handler_ptr inner, const std::shared_ptr<scope>& in, time_point deadline) {
  time_ = &time_of(in->inner());
  last_ = time_->now();
  opening_ = up_->reply_scope->child(deadline);
  attach(asio::query(in->inner(), asio::execution::context));
  asio::co_spawn(asio::any_io_executor(executor(up_->reply_scope)), run(shared_from_this(), std::move(inner)),
                 ignore_end());
}

asio::awaitable<void> flight::run(std::shared_ptr<flight> self, handler_ptr inner) {
  std::exception_ptr failed;
  std::optional<reply> r;
  auto opening = detail::run_in<reply>(self->opening_, ask_for_start(std::move(inner), self->up_),
                                       self->opening_->deadline() != never, false);
  try {
    r.emplace(co_await std::move(opening));
  } catch (...) {
    failed = std::current_exception();
  }
  if (self->ended())
    co_return;
  self->opening_.reset();
  if (failed) {
    self->refuse(failed);
    co_return;
  }
  const auto source = r->release();
  self->source_ = source;
  self->phase_ = phase::open;
  self->ring_all();
  while (!self->ended()) {
    std::optional<event> e;
    try {
      if (self->must_pause()) {
        co_await self->room_.wait();
        continue;
      }
      e = co_await source->next();
    } catch (...) {
      failed = std::current_exception();
    }
    if (self->ended())
      break;
    if (failed || !e) {
      self->finish();
      break;
    }
    try {
      self->append(std::move(*e));
    } catch (...) {
      self->cancel(errc::out_of_resources);
    }
  }
}

void flight::append(event e) {
  if (e.is(event::kind::progress))
    return;
  resumed_elsewhere_ = resumed_elsewhere_ || e.is(event::kind::continued);
  const auto now = time_->now();
  bytes_ += size_of(e);
  events_.emplace_back(std::move(e), now - std::exchange(last_, now));
  if (bytes_ > most_)
    make_room();
  ring_all();
}

// The answer is larger than what is kept: from now on events go once they have been read.
void flight::make_room() {
  if (!std::exchange(too_large_, true))
    close(false);
  trim();
  while (bytes_ > most_) {
    const auto by_place = [](const reader* a, const reader* b) { return a->at_ < b->at_; };
    std::vector<reader*> here;
    std::copy_if(readers_.begin(), readers_.end(), std::back_inserter(here),
                 [](const reader* r) { return !r->cut_off_; });
    if (here.size() < 2)
      break;
    const auto [slowest, fastest] = std::minmax_element(here.begin(), here.end(), by_place);
    std::size_t unread = 0;
    for (auto i = (*fastest)->at_ - first_; i < events_.size(); ++i)
      unread += size_of(events_[i].what);
    if (unread > most_ / 2)
      break;
    const auto at = (*slowest)->at_;
    for (auto* r : here)
      if (r->at_ == at)
        r->cut_off_ = true;
    trim();
  }
}

bool flight::must_pause() const noexcept {
  return too_large_ && bytes_ > most_ && !events_.empty() &&
         std::any_of(readers_.begin(), readers_.end(), [](const reader* r) { return !r->cut_off_; });
}

void flight::trim() noexcept {
  auto least = first_ + events_.size();
  for (const auto* r : readers_)
    if (!r->cut_off_)
      least = std::min(least, r->at_);
  for (; first_ < least; ++first_) {
    bytes_ -= size_of(events_.front().what);
    events_.pop_front();
  }
}

void flight::left(reader& r) noexcept {
  readers_.erase(std::find(readers_.begin(), readers_.end(), &r));
  if (ended())
    return;
  // Those that were cut off get no more of it.
  const bool wanted = std::any_of(readers_.begin(), readers_.end(), [](const reader* r) { return !r->cut_off_; });
  if (!wanted && !background_) {
    cancel(errc::cancelled);
  } else if (too_large_) {
    trim();
    room_.ring();
  }
}

void flight::cancel(errc reason) noexcept {
  if (ended())
    return;
  const auto self = shared_from_this();
  if (!source_) {
    const auto opening = opening_;
    refuse(std::make_exception_ptr(error(failure_by(reason, {"the shared call was ended"}))));
    if (opening)
      opening->cancel(reason);
    return;
  }
  source_->end_by(reason);
  finish();
  room_.ring();
}

void flight::refuse(std::exception_ptr why) noexcept {
  refused_ = std::move(why);
  phase_ = phase::ended;
  detach();
  close(false);
  ring_all();
}

// The answer has ended, however it did.
void flight::finish() noexcept {
  outcome_ = source_->outcome();
  failure_ = copy_of(source_->failure());
  usage_ = source_->usage();
  finish_reason_ = source_->finish_reason();
  info_ = source_->info();
  result_ = std::move(source_->result());
  record_ = up_->attempt ? std::shared_ptr<const weir::attempt>(up_->attempt)
                         : std::make_shared<const weir::attempt>(source_->attempt());
  phase_ = phase::ended;
  source_.reset();
  detach();
  close(true);
  ring_all();
}

void flight::close(bool whole) noexcept {
  const auto on_end = std::exchange(on_end_, {});
  if (!on_end)
    return;
  std::optional<recorded_answer> kept;
  const bool complete = whole && outcome_ == weir::outcome::complete && !failure_ && info_.remark.empty() &&
                        !usage_.inconsistent && !resumed_elsewhere_;
  try {
    if (complete)
      kept = recorded();
    on_end(*this, std::move(kept));
  } catch (...) {
    // Out of memory: the answer is not kept.
  }
}

recorded_answer flight::recorded() const {
  recorded_answer a;
  a.operation = up_->op->name();
  a.provider = record_->provider;
  a.model = record_->model;
  a.url = record_->url;
  a.raw = record_->raw;
  a.written = time_->wall();
  a.streamed = up_->streamed;
  a.events.assign(events_.begin(), events_.end());
  a.result = result_;
  set_attempt(a.result, nullptr);
  a.usage = usage_;
  a.finish_reason = finish_reason_;
  a.info = info_;
  a.bytes = size_of(a);
  return a;
}

void flight::ring_all() noexcept {
  for (auto* r : readers_)
    r->changes_.ring();
}

// What the answer holds of the context must go now.
void flight::on_shutdown() noexcept { cancel(errc::cancelled); }

weir::outcome flight::outcome() const noexcept {
  return ended() ? outcome_ : source_ ? source_->outcome() : weir::outcome::truncated;
}
const weir::usage& flight::usage() const noexcept { return source_ ? source_->usage() : usage_; }
const std::string& flight::finish_reason() const noexcept {
  return source_ ? source_->finish_reason() : finish_reason_;
}
const answer_info& flight::info() const noexcept { return source_ ? source_->info() : info_; }

} // namespace weir::inline v0
